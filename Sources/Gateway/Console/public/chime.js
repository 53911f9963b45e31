// A sound for a call, made here: two notes, as in a lift.

/** When each begins and how high it is, in seconds and hertz. */
const NOTES = [{ at: 0, pitch: 880 }, { at: 0.28, pitch: 659.26 }];
const LENGTH = 1.1;
const LOUDNESS = 0.35;

/** On or off, remembered under a name. Browsers give sound only after somebody has touched the page. */
export class Chime {
  /** @type {AudioContext | null} */
  #audio = null;
  #key;
  #onChange;

  /**
   * @param {string} key where it is remembered
   * @param {() => void} onChange it is on, off, or allowed now
   */
  constructor(key, onChange) {
    this.#key = key;
    this.#onChange = onChange;
    if (this.isOn) this.#prepare();
    const allow = () => {
      if (this.isWaiting) this.#prepare();
    };
    addEventListener("pointerdown", allow);
    addEventListener("keydown", allow);
  }

  get isOn() {
    return localStorage.getItem(this.#key) === "on";
  }

  /** True when it is on, and the browser waits for a touch. */
  get isWaiting() {
    return this.isOn && this.#audio?.state !== "running";
  }

  /** Switches it; what it sounds like is heard at once. */
  async toggle() {
    if (this.isOn) {
      localStorage.removeItem(this.#key);
      this.#onChange();
      return;
    }
    localStorage.setItem(this.#key, "on");
    await this.#prepare();
    this.play();
  }

  play() {
    const audio = this.#audio;
    if (!this.isOn || !audio || audio.state !== "running") return;
    for (const { at, pitch } of NOTES) {
      const begin = audio.currentTime + at;
      const tone = new OscillatorNode(audio, { type: "sine", frequency: pitch });
      const volume = new GainNode(audio, { gain: 0 });
      volume.gain.setValueAtTime(0, begin);
      volume.gain.linearRampToValueAtTime(LOUDNESS, begin + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.001, begin + LENGTH);
      tone.connect(volume).connect(audio.destination);
      tone.start(begin);
      tone.stop(begin + LENGTH);
      tone.onended = () => volume.disconnect();
    }
  }

  async #prepare() {
    this.#audio ??= new AudioContext();
    this.#audio.onstatechange = () => this.#onChange();
    this.#onChange();
    // Without a touch this waits for one, so nobody waits for it.
    await Promise.race([this.#audio.resume(), new Promise((resolve) => setTimeout(resolve, 300))]);
    this.#onChange();
  }
}
