/** Samples as a WAV file of 16 bits, which every browser plays. */

const HEAD_BYTES = 44;
const PCM = 1;

/** @param {Float32Array} samples - mono, full scale ±1 */
export function wavOf(samples, rateHz) {
  const bytes = new ArrayBuffer(HEAD_BYTES + 2 * samples.length);
  const view = new DataView(bytes);
  const text = (at, letters) => [...letters].forEach((letter, k) => view.setUint8(at + k, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, bytes.byteLength - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); // bytes of what describes the format
  view.setUint16(20, PCM, true);
  view.setUint16(22, 1, true); // channel
  view.setUint32(24, rateHz, true);
  view.setUint32(28, 2 * rateHz, true); // bytes a second
  view.setUint16(32, 2, true); // bytes a frame
  view.setUint16(34, 16, true); // bits a sample
  text(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  const frames = new Int16Array(bytes, HEAD_BYTES);
  for (let k = 0; k < samples.length; k += 1) {
    frames[k] = Math.round(32767 * Math.min(1, Math.max(-1, samples[k])));
  }
  return new Blob([bytes], { type: "audio/wav" });
}
