"use strict";

/*
 * The questions at the end of a course. They stand in the page as ordinary fieldsets:
 *   <fieldset class="question" data-correct="b"> … radio inputs q1 … <p class="feedback" hidden>why</p>
 * The quiz marks them and tells the course; it knows nothing of SCORM.
 */

/** One form of questions. `onChange()` follows every answer, `onResult(result)` every submission. */
class Quiz {
  constructor(form, passMark, listeners) {
    this.form = form;
    this.passMark = passMark;
    this.listeners = listeners;
    this.submitted = false;
    this.questions = Array.from(form.querySelectorAll(".question"));
    this.result = form.querySelector("#quiz-result");
    this.submitButton = form.querySelector("#submit-quiz");
    this.retryButton = form.querySelector("#retry");
    form.addEventListener("change", () => listeners.onChange());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.retryButton.addEventListener("click", () => this.retry());
  }

  /** The chosen values by question name, as { q1: "b", … }. */
  answers() {
    const chosen = Array.from(this.form.querySelectorAll("input:checked"));
    return Object.assign({}, ...chosen.map((input) => ({ [input.name]: input.value })));
  }

  /** Puts back what an earlier session had chosen, and its marks if it had been submitted. */
  restore(answers, submitted) {
    this.clear();
    for (const input of this.form.querySelectorAll("input[type=radio]")) {
      input.checked = answers[input.name] === input.value;
    }
    if (submitted && this.unanswered().length === 0) {
      this.mark();
    }
  }

  /** Marks the answers and tells the course, or says which questions are still open. */
  submit() {
    const open = this.unanswered();
    if (open.length > 0) {
      this.showOpen(open);
      return;
    }
    const result = this.mark();
    this.listeners.onResult(result);
    this.result.focus();
  }

  retry() {
    this.clear();
    this.listeners.onChange();
    this.questions[0].querySelector("input").focus();
  }

  clear() {
    this.submitted = false;
    this.form.reset();
    this.result.hidden = true;
    this.retryButton.hidden = true;
    this.submitButton.hidden = false;
    for (const question of this.questions) {
      question.disabled = false;
      this.showVerdict(question, null);
    }
  }

  unanswered() {
    return this.questions.filter((question) => question.querySelector("input:checked") === null);
  }

  /** Shows which answers were right. Returns { right, asked, score 0..100, passed }. */
  mark() {
    let right = 0;
    for (const question of this.questions) {
      const correct = question.querySelector("input:checked").value === question.dataset.correct;
      right += correct ? 1 : 0;
      this.showVerdict(question, correct);
      question.disabled = true;
    }
    const score = Math.round((100 * right) / this.questions.length);
    const result = { right, asked: this.questions.length, score, passed: score >= this.passMark };
    this.submitted = true;
    this.showResult(result);
    return result;
  }

  /** Words, not only colour, say whether an answer was right. */
  showVerdict(question, correct) {
    const feedback = question.querySelector(".feedback");
    question.classList.toggle("right", correct === true);
    question.classList.toggle("wrong", correct === false);
    feedback.hidden = correct === null;
    feedback.querySelector(".verdict").textContent = correct ? "Correct. " : "Not right. ";
  }

  showResult(result) {
    const outcome = result.passed ? "You have passed." : `Not passed this time: ${this.passMark}% is needed.`;
    this.say(outcome, `You got ${result.right} of ${result.asked} questions right (${result.score}%).`);
    this.result.classList.toggle("passed", result.passed);
    this.submitButton.hidden = true;
    this.retryButton.hidden = result.passed;
  }

  /** Each open question is a link to its first choice, so that nobody has to look for it. */
  showOpen(open) {
    this.say("There is something to finish", "Answer every question before you submit:");
    this.result.classList.remove("passed");
    const list = document.createElement("ul");
    for (const question of open) {
      const link = document.createElement("a");
      link.href = `#${question.querySelector("input").id}`;
      link.textContent = question.querySelector("legend").textContent;
      link.addEventListener("click", (event) => {
        event.preventDefault();
        question.querySelector("input").focus();
      });
      list.appendChild(document.createElement("li")).appendChild(link);
    }
    this.result.appendChild(list);
    this.result.focus();
  }

  say(heading, text) {
    const title = document.createElement("h3");
    const line = document.createElement("p");
    title.textContent = heading;
    line.textContent = text;
    this.result.replaceChildren(title, line);
    this.result.hidden = false;
  }

  /** Adds a line under the result. */
  addNote(text) {
    const line = document.createElement("p");
    line.textContent = text;
    this.result.appendChild(line);
  }
}
