// Texts of strangers as they are: what would hide, reorder or imitate other text is shown as an escape.

/** Controls but line feed and tab, bidirectional overrides, what has no width, and what is no character. */
const HIDDEN = new RegExp(
  [
    "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\uffff]",
    "[\\ud800-\\udbff](?![\\udc00-\\udfff])",
    "(?<![\\ud800-\\udbff])[\\udc00-\\udfff]",
  ].join("|"),
  "g",
);

/** Bytes of a body that is no text that are shown. */
const MAXIMUM_BYTES = 4_096;
const BYTES_PER_LINE = 16;

/** @param {string} text */
export function visible(text) {
  return text.replace(HIDDEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * A letter's body for reading.
 *
 * @param {{body: string | null, body_base64: string | null, truncated: boolean}} letter
 * @returns {{form: "json" | "text" | "bytes" | "empty", text: string, isCut: boolean}}
 */
export function bodyText(letter) {
  if (letter.body_base64 !== null) return dump(letter);
  const body = letter.body ?? "";
  if (body === "") return { form: "empty", text: "", isCut: letter.truncated };
  if (!letter.truncated) {
    try {
      // Only where nothing but blanks differs: a number may not lose digits, nor a member that is there twice vanish.
      const text = JSON.stringify(JSON.parse(body), null, 2);
      if (packed(text) === packed(body)) {
        return { form: "json", text: visible(text), isCut: false };
      }
    } catch {
      // It is no JSON: shown as it came.
    }
  }
  return { form: "text", text: visible(body), isCut: letter.truncated };
}

function packed(text) {
  return text.replace(/\s/g, "");
}

function dump(letter) {
  const bytes = Uint8Array.from(atob(letter.body_base64), (character) => character.charCodeAt(0));
  const shown = bytes.subarray(0, MAXIMUM_BYTES);
  const lines = [];
  for (let start = 0; start < shown.length; start += BYTES_PER_LINE) {
    const part = [...shown.subarray(start, start + BYTES_PER_LINE)];
    const hex = part.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${start.toString(16).padStart(6, "0")}  ${hex.padEnd(BYTES_PER_LINE * 3)} ${text}`);
  }
  return { form: "bytes", text: lines.join("\n"), isCut: letter.truncated || bytes.length > shown.length };
}
