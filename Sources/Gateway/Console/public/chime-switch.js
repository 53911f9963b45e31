// The button that turns the sound of calls on and off.

import { h, icon, replace } from "../app/dom.js";
import { t } from "../app/texts.js";

/**
 * @param {import("./chime.js").Chime} chime
 * @returns {{element: HTMLElement, show: () => void}} `show`: the sound is another
 */
export function chimeSwitch(chime) {
  const button = h("button", { type: "button", class: "button quiet icon-only", on: { click: () => chime.toggle() } });
  const hint = h("span", { class: "sound-hint", role: "status" });
  const show = () => {
    const label = t(chime.isOn ? "public.sound_off" : "public.sound_on");
    replace(button, icon(chime.isOn ? "sound" : "sound_off"));
    button.setAttribute("aria-label", label);
    button.title = label;
    replace(hint, chime.isWaiting && t("public.sound_waits"));
  };
  show();
  return { element: h("span", { class: "sound" }, button, hint), show };
}
