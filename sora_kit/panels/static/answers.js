// What can be decided for a job that waits for a person. An answer that may cost twice is given by a
// second press, within a few seconds.
import { el, flash } from "./dom.js";

export function answerButtons(item, act) {
  return (item.answers ?? []).map((answer) => {
    const give = () => act(answer.do, answer.again ? { again: true } : {});
    const button = el(
      "button.sk-button",
      {
        type: "button",
        title: answer.hint,
        onclick: () => {
          if (!answer.warn || button.dataset.sure) return give();
          button.dataset.sure = "1";
          flash(button, answer.warn, 5000, () => delete button.dataset.sure);
        },
      },
      answer.label,
    );
    return button;
  });
}
