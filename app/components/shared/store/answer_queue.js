// Answers on their way to the server, written one after the other, and the undo key, which waits for
// them. Not here: what is answered, how it is shown.
import { annotations } from "./annotations.js";
import { isTyping } from "../ui/dom.js";

/** What an answer becomes that waits in this browser. */
export const KEPT = Object.freeze({ isKept: true });

export class AnswerQueue {
  /** @param {{failed: (error: Error) => void, settled: () => void}} acts  settled: an answer is written, or failed */
  constructor({ failed, settled }) {
    this.failed = failed;
    this.settled = settled;
    this.queue = Promise.resolve();
    this.count = 0;
  }

  get isWriting() {
    return this.count > 0;
  }

  /** Settles once everything queued so far is written. */
  get done() {
    return this.queue;
  }

  /**
   * Null where it failed; KEPT where it is stored later.
   * @param {string} path @param {Record<string, any>} body
   * @returns {Promise<import("./annotations.js").Written | KEPT | null>}
   */
  write(path, body) {
    this.count += 1;
    const written = this.queue
      .then(() => annotations.write(path, body))
      .catch((error) => {
        // One that is kept in this browser is stored later: the page goes on.
        if (!error.isKept) {
          this.failed(error);
          return null;
        }
        annotations.say(error.message, null);
        return KEPT;
      });
    this.queue = written.then(() => {
      this.count -= 1;
      this.settled();
    });
    return written;
  }

  /** Whether a key would undo what is older than the answers still being written. @param {KeyboardEvent} event */
  isEarlyUndo(event) {
    return (
      event.isTrusted &&
      this.isWriting &&
      (event.ctrlKey || event.metaKey) &&
      event.key.toLowerCase() === "z" &&
      !isTyping(event)
    );
  }

  /** Let a key have its effect once the answers before it are written. @param {KeyboardEvent} event */
  delay(event) {
    const { key, ctrlKey, metaKey, shiftKey } = event;
    event.preventDefault();
    event.stopPropagation();
    this.queue = this.queue.then(
      () =>
        void document.dispatchEvent(
          new KeyboardEvent("keydown", { key, ctrlKey, metaKey, shiftKey, cancelable: true }),
        ),
    );
  }
}
