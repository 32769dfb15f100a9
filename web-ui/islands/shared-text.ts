// Makes the text fields of a form live: binds a `Session` to the page. The form works without this.
import { cutOff } from "./live-region";
import { Session, type Message, type Person } from "./session";
import { difference, move, type Splice } from "./splices";

type Field = { path: string; input: HTMLTextAreaElement; mirror: HTMLElement; who: HTMLElement };

export function start(form: HTMLFormElement): void {
  const heads = form.elements.namedItem("heads");
  const inputs = [...form.querySelectorAll<HTMLTextAreaElement>("textarea[data-path]")];
  if (!(heads instanceof HTMLInputElement) || !form.dataset.live || inputs.length === 0) return;
  const fields = inputs.map(enhance);
  const address = new URL(form.dataset.live, location.href.replace(/^http/, "ws"));
  fields.forEach((field) => address.searchParams.append("path", field.path));
  const tab = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const say = announcer();
  let socket: WebSocket | undefined;
  let [isComposing, isLeaving, wasCut] = [false, false, false];
  let [wait, began] = [500, 0];
  let people: Person[] = [];
  const active = () => fields.find((field) => field.input === document.activeElement);
  const isPaused = controls(form, () => session.pull());

  const session = new Session({
    send: (message) => socket?.send(JSON.stringify(message)),
    isConnected: () => socket?.readyState === WebSocket.OPEN,
    isBusy: () => isComposing || isLeaving,
    isPaused,
    place: () => ({ path: active()?.path ?? "", caret: active()?.input.selectionStart ?? 0 }),
    changed: (path, text, theirs) => fields.filter((field) => field.path === path).forEach((field) => show(field, text, theirs)),
    met: meet,
    refused: stop,
    settled: () => ((heads.value = session.heads), leave?.()),
  }, tab, heads.value, fields.map((field) => [field.path, field.input.value]));

  function connect(): void {
    socket = new WebSocket(address);
    socket.onopen = () => {
      if (wasCut) say("Connected to the node again");
      [wait, wasCut] = [500, false];
      cutOff("text", false);
      session.connected();
    };
    socket.onmessage = (event) => session.receive(JSON.parse(event.data) as Message);
    socket.onclose = () => {
      if (session.isOver) return;
      if (!wasCut) say("Not connected to the node");
      wasCut = true;
      cutOff("text", true);
      window.setTimeout(connect, wait);
      wait = Math.min(wait * 2, 8000);
    };
  }

  /** Shows a field's text; caret and selection stay with their letters. */
  function show({ input, ...field }: Field, text: string, theirs: Splice[], own?: number): void {
    const place = (offset: number) => own ?? theirs.reduce(move, offset);
    const [start, end, top] = [place(input.selectionStart), place(input.selectionEnd), input.scrollTop];
    input.value = text;
    if (input.value !== text) return stop("What others wrote cannot be shown in this field. Load the page again");
    if (input === document.activeElement) input.setSelectionRange(start, end);
    input.scrollTop = top;
    draw({ input, ...field }, people);
  }

  for (const field of fields) {
    const { input, path } = field;
    const typed = () => {
      if (isComposing || session.isOver) return;
      session.typed(path, difference(session.fields.get(path)?.text ?? "", input.value, began, input.selectionStart));
      draw(field, people);
    };
    const takeBack = (event: Event, isRedo: boolean) => {
      event.preventDefault();
      const last = isComposing ? undefined : session.takeBack(path, isRedo).at(-1);
      if (last) show(field, session.fields.get(path)?.text ?? "", [], last.at + last.ins.length);
    };
    input.addEventListener("beforeinput", (event) => {
      began = input.selectionStart;
      if (/^history/.test(event.inputType) && !session.isOver) takeBack(event, event.inputType === "historyRedo");
    });
    input.addEventListener("keydown", (event) => {
      const key = (event.ctrlKey || event.metaKey) && !event.altKey && !session.isOver ? event.key.toLowerCase() : "";
      if (key === "z" || key === "y") takeBack(event, key === "y" || event.shiftKey);
    });
    input.addEventListener("compositionstart", () => (isComposing = true));
    input.addEventListener("compositionend", () => ((isComposing = false), typed()));
    input.addEventListener("input", typed);
    input.addEventListener("scroll", () => (field.mirror.scrollTop = input.scrollTop));
  }
  let timer = 0;
  document.addEventListener("selectionchange", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => session.pull(), 250);
  });

  // An edit under way may be there already: the form waits for the answer, or its letters could come twice.
  let leave: (() => void) | undefined;
  form.addEventListener("submit", (event) => {
    isLeaving = true;
    leave = undefined;
    if (!session.isUnderWay() || session.isOver) return;
    event.preventDefault();
    leave = () => form.requestSubmit(event.submitter);
  });
  window.addEventListener("beforeunload", (event) => !isLeaving && !session.isSaved() && event.preventDefault());
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());

  function stop(why: string): void {
    session.isOver = true;
    socket?.close();
    const line = document.getElementById("status-line");
    line?.parentElement?.classList.add("fp-status--alert");
    line?.parentElement?.setAttribute("role", "alert");
    line?.querySelector("p")?.replaceChildren(`Not saved: ${why}`);
  }

  function meet(now: Person[]): void {
    const label = (one: Person) => `${one.name} (${one.organization})`;
    const field = (path: string) => inputs.find((input) => input.dataset.path === path)?.labels?.[0]?.textContent;
    const list = (all: Person[]) => all.filter((one) => one.path).map((one) => `${label(one)} is editing ${field(one.path)}`);
    const [before, after] = [list(people), list(now)];
    before.filter((words) => !after.includes(words)).forEach((words) => say(words.replace(" is editing ", " has left ")));
    after.filter((words) => !before.includes(words)).forEach(say);
    people = now;
    for (const field of fields) {
      const names = [...new Set(now.filter((one) => one.path === field.path).map(label))];
      const words = names.length === 0 ? "" : `${names.join(" and ")} ${names.length === 1 ? "is" : "are"} editing this`;
      if (field.who.textContent !== words) field.who.textContent = words;
      draw(field, people);
    }
  }
  connect();
}

function enhance(input: HTMLTextAreaElement): Field {
  const make = (name: string, className: string) => Object.assign(document.createElement(name), { className });
  const [box, mirror, who] = [make("div", "fp-live"), make("div", "fp-live__mirror"), make("p", "fp-live__who")];
  mirror.ariaHidden = "true";
  input.before(box);
  box.append(input, mirror);
  box.after(who);
  return { path: input.dataset.path ?? "", input, mirror, who };
}

/** Draws a mark where each other person is, in a copy of the text that only eyes can see. */
function draw({ mirror, input, path }: Field, people: Person[]): void {
  const text = input.value;
  const carets = people.filter((one) => one.path === path).map((one) => Math.min(one.caret, text.length)).sort((a, b) => a - b);
  mirror.replaceChildren();
  if (carets.length === 0) return;
  const style = getComputedStyle(input);
  for (const name of ["font", "padding", "lineHeight", "letterSpacing", "wordSpacing"] as const) mirror.style[name] = style[name];
  carets.forEach((caret, index) => {
    const mark = Object.assign(document.createElement("span"), { className: "fp-live__caret" });
    mirror.append(text.slice(carets[index - 1] ?? 0, caret), mark);
  });
  mirror.append(text.slice(carets.at(-1)));
  mirror.scrollTop = input.scrollTop;
}

/** Returns what says a sentence to screen readers: at most one in 10 seconds, of those that are due the last. */
function announcer(): (words: string) => void {
  const status = Object.assign(document.createElement("div"), { className: "govuk-visually-hidden", role: "status" });
  document.body.append(status);
  let [timer, last] = [0, -10_000];
  return (words) => {
    if (!document.querySelector<HTMLInputElement>("#live-tell")?.checked) return;
    clearTimeout(timer);
    timer = window.setTimeout(() => ((last = performance.now()), (status.textContent = words)), Math.max(0, last + 10_000 - performance.now()));
  };
}

/** Shows the two switches; returns whether others' changes are paused. */
function controls(form: HTMLFormElement, resume: () => void): () => boolean {
  const switches = form.querySelector<HTMLElement>("#live-controls");
  const button = switches?.querySelector("button");
  if (!switches || !button) return () => false;
  switches.hidden = false;
  button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    resume();
  });
  return () => button.getAttribute("aria-pressed") === "true";
}
