// Tests of the live-text arithmetic, and of three tabs with one node. Run by `cargo test -p web-ui`.
import test from "node:test";
import * as assert from "node:assert/strict";
import { apply, difference, History, invert, join, move, operation, splices, transform, type Operation, type Splice } from "./splices";
import { Session, type Message } from "./session";

/** Returns numbers that look random and are the same in every run (mulberry32). */
function chance(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function randomSplice(pick: (below: number) => number, text: string, letters: string): Splice {
  const at = pick(text.length + 1);
  const del = pick(3) === 0 ? pick(Math.min(4, text.length - at) + 1) : 0;
  return { at, del, ins: del > 0 && pick(2) === 0 ? "" : letters };
}

test("two edits of one text meet, whichever comes first", () => {
  for (let seed = 0; seed < 2000; seed++) {
    const pick = chance(seed);
    const text = "abcdefghij".slice(0, pick(11));
    const make = (letter: string): Operation => {
      let [made, all] = [text, [] as Splice[]];
      for (let edits = pick(3) + 1; edits > 0; edits--) {
        const splice = randomSplice(pick, made, letter.repeat(pick(3)));
        all.push(splice);
        made = apply(made, operation(splice));
      }
      return difference2(text, made);
    };
    const difference2 = (before: string, after: string) => operation(difference(before, after, Infinity, after.length));
    const [a, b] = [make("x"), make("y")];
    const [afterB, afterA] = transform(a, b);
    assert.equal(apply(apply(text, b), afterB), apply(apply(text, a), afterA), `seed ${seed}`);
    assert.equal(apply(apply(text, a), invert(a, text)), text, `seed ${seed}`);
    assert.equal(splices(a).reduce((made, splice) => apply(made, operation(splice)), text), apply(text, a), `seed ${seed}`);
  }
});

test("the caret says which of equal letters was typed", () => {
  assert.deepEqual(difference("aa", "aaa", 1, 2), { at: 1, del: 0, ins: "a" });
  assert.deepEqual(difference("aaa", "aa", 3, 2), { at: 2, del: 1, ins: "" });
  assert.deepEqual(difference("aaa", "aa", 1, 1), { at: 1, del: 1, ins: "" });
  assert.deepEqual(difference("one two", "one 2", 4, 5), { at: 4, del: 3, ins: "2" });
});

test("half a letter is never sent", () => {
  const splice = difference("x\u{1f600}y", "x\u{1f601}y", 1, 3);
  assert.deepEqual(splice, { at: 1, del: 2, ins: "\u{1f601}" });
  assert.deepEqual(difference("\u{1f600}", "\u{1fa00}", 0, 2), { at: 0, del: 2, ins: "\u{1fa00}" });
});

test("a difference leads from the one text to the other, whatever caret is claimed", () => {
  for (let seed = 0; seed < 2000; seed++) {
    const pick = chance(seed);
    const text = () => Array.from({ length: pick(8) }, () => ["a", "b", "\u{1f600}", "\u{1f601}"][pick(4)]).join("");
    const [before, after] = [text(), text()];
    const splice = difference(before, after, pick(9), pick(9));
    assert.equal(apply(before, operation(splice)), after, `seed ${seed}`);
  }
});

test("letters typed one after the other are one edit, and so are letters removed", () => {
  assert.deepEqual(join({ at: 3, del: 1, ins: "a" }, { at: 4, del: 0, ins: "b" }), { at: 3, del: 1, ins: "ab" });
  assert.deepEqual(join({ at: 3, del: 0, ins: "ab" }, { at: 4, del: 1, ins: "" }), { at: 3, del: 0, ins: "a" });
  assert.deepEqual(join({ at: 3, del: 1, ins: "" }, { at: 2, del: 1, ins: "" }), { at: 2, del: 2, ins: "" });
  assert.equal(join({ at: 3, del: 0, ins: "a" }, { at: 9, del: 0, ins: "b" }), undefined);
});

test("a caret stays with its letters", () => {
  const splice = { at: 4, del: 3, ins: "xy" };
  assert.deepEqual([0, 4, 5, 7, 9].map((offset) => move(offset, splice)), [0, 4, 4, 6, 8]);
});

test("undo takes back one's own letters and leaves the others' that stand among them", () => {
  const undo = new History();
  let text = "";
  for (const [index, letter] of [..."hello"].entries()) {
    const splice = { at: index, del: 0, ins: letter };
    undo.add(splice, text);
    text = apply(text, operation(splice));
  }
  const theirs = operation({ at: 2, del: 0, ins: "THEIRS" });
  undo.carry(theirs);
  text = apply(text, theirs);
  assert.equal(apply(text, undo.pop() ?? []), "THEIRS");
  assert.equal(undo.pop(), undefined);
});

test("a session's undo takes back its own edit after others changed the text before and within it", () => {
  const sent: { pull?: string; seq: number }[] = [];
  const session = new Session({
    send: (message) => void sent.push(message as { pull?: string; seq: number }),
    isConnected: () => true, isBusy: () => false, isPaused: () => false,
    place: () => ({ path: "", caret: 0 }),
    changed: () => undefined, met: () => undefined, refused: () => undefined, settled: () => undefined,
  }, "tab", "h0", [["/a", "one"]]);
  session.typed("/a", { at: 3, del: 0, ins: " two" });
  session.receive({ ack: 1, heads: "h1" });
  assert.equal(sent.at(-1)?.pull, "h1");
  session.receive({ from: "h1", heads: "h2", people: [], fields: [{ path: "/a", splices: [{ at: 0, del: 0, ins: ">> " }, { at: 8, del: 0, ins: "+" }] }] });
  assert.equal(session.fields.get("/a")?.text, ">> one t+wo");
  session.takeBack("/a", false);
  assert.equal(session.fields.get("/a")?.text, ">> one+");
  session.takeBack("/a", true);
  assert.equal(session.fields.get("/a")?.text, ">> one t+wo");
});

test("an answer that does not fit what was typed meanwhile is not applied, and asked for again", () => {
  const sent: { pull?: string }[] = [];
  const session = new Session({
    send: (message) => void sent.push(message as { pull?: string }),
    isConnected: () => true, isBusy: () => false, isPaused: () => false,
    place: () => ({ path: "/a", caret: 1 }),
    changed: () => undefined, met: () => undefined, refused: () => undefined, settled: () => undefined,
  }, "tab", "h0", [["/a", "one"]]);
  session.pull();
  session.typed("/a", { at: 0, del: 0, ins: "x" });
  session.receive({ from: "h0", heads: "h9", people: [], fields: [{ path: "/a", splices: [{ at: 0, del: 3, ins: "" }] }] });
  assert.equal(session.fields.get("/a")?.text, "xone");
  session.receive({ ack: 1, heads: "h1" });
  assert.equal(sent.at(-1)?.pull, "h1");
});

/** A node with one document: merges by carrying edits over what happened since the version that they count on. */
class Node {
  private log: { path: string; parts: Operation }[] = [];
  private versions: { texts: Map<string, string>; bridge: { path: string; parts: Operation }[]; at: number }[] = [];
  private answers = new Map<string, { seq: number; answer: Message }>();

  constructor(readonly texts: Map<string, string>) {
    this.version(new Map(texts), []);
  }

  private version(texts: Map<string, string>, bridge: { path: string; parts: Operation }[]): string {
    return String(this.versions.push({ texts, bridge, at: this.log.length }) - 1);
  }

  private missing(heads: string) {
    const version = this.versions[Number(heads)];
    if (!version) throw new Error(`no version ${heads}`);
    return { version, since: [...version.bridge, ...this.log.slice(version.at)] };
  }

  edit(message: { tab: string; seq: number; heads: string; path: string; edits: Splice[] }): Message | undefined {
    const known = this.answers.get(message.tab);
    if (known && message.seq <= known.seq) return message.seq === known.seq ? known.answer : undefined;
    const { version, since } = this.missing(message.heads);
    const texts = new Map(version.texts);
    let bridge = since;
    for (const splice of message.edits) {
      let ours = operation(splice);
      texts.set(message.path, apply(texts.get(message.path) ?? "", ours));
      bridge = bridge.map(({ path, parts }) => {
        if (path !== message.path) return { path, parts };
        const [next, carried] = transform(ours, parts);
        ours = next;
        return { path, parts: carried };
      });
      this.texts.set(message.path, apply(this.texts.get(message.path) ?? "", ours));
      this.log.push({ path: message.path, parts: ours });
    }
    const answer = { ack: message.seq, heads: this.version(texts, bridge) };
    this.answers.set(message.tab, { seq: message.seq, answer });
    return answer;
  }

  pull(heads: string): Message {
    const { since } = this.missing(heads);
    const fields = since.map(({ path, parts }) => ({ path, splices: splices(parts) }));
    return { from: heads, heads: this.version(new Map(this.texts), []), fields, people: [] };
  }
}

test("three tabs that type, undo, and lose their connection end with one text, and no letter comes twice", () => {
  for (let seed = 0; seed < 300; seed++) {
    const pick = chance(seed);
    const paths = ["/title", "/body/detail"];
    const node = new Node(new Map(paths.map((path) => [path, "start"])));
    let letter = 0x4e00;
    let [open, busy] = [[true, true, true], [false, false, false]];
    const toNode: object[][] = [[], [], []];
    const toTab: Message[][] = [[], [], []];
    const shown = [0, 1, 2].map(() => new Map(paths.map((path) => [path, "start"])));
    const tabs = [0, 1, 2].map((index) => new Session({
      send: (message) => void (open[index] && toNode[index]?.push(structuredClone(message))),
      isConnected: () => open[index] ?? false,
      isBusy: () => busy[index] ?? false,
      isPaused: () => false,
      place: () => ({ path: "", caret: 0 }),
      changed: (path, text) => void shown[index]?.set(path, text),
      met: () => undefined,
      refused: (why) => { throw new Error(why); },
      settled: () => undefined,
    }, `tab ${index}`, "0", paths.map((path) => [path, "start"])));
    const typed: string[] = [];
    let hasUndone = false;

    const deliver = (index: number): boolean => {
      const message = toNode[index]?.shift() as { pull?: string; tab: string; seq: number; heads: string; path: string; edits: Splice[] } | undefined;
      if (message) {
        const answer = message.pull !== undefined ? node.pull(message.pull) : node.edit(message);
        if (answer) toTab[index]?.push(answer);
        if (message.pull === undefined) toTab.forEach((queue, other) => open[other] && queue.push({ changed: true }));
      }
      const answer = toTab[index]?.shift();
      if (answer) tabs[index]?.receive(answer);
      return message !== undefined || answer !== undefined;
    };

    for (let turn = 0; turn < 120; turn++) {
      const index = pick(3);
      const [tab, path] = [tabs[index] as Session, paths[pick(2)] as string];
      switch (pick(10)) {
        case 0: case 1: case 2: case 3: {
          const text = tab.fields.get(path)?.text ?? "";
          const letters = String.fromCharCode(letter++);
          const splice = randomSplice(pick, text, letters);
          typed.push(...splice.ins);
          tab.typed(path, splice);
          break;
        }
        case 4:
          if (seed % 3 === 0) hasUndone = tab.takeBack(path, pick(3) === 0).length > 0 || hasUndone;
          break;
        case 5:
          // Cut: what was on its way, either way, is lost.
          [open[index], toNode[index], toTab[index]] = [false, [], []];
          break;
        case 6:
          if (!open[index]) (open[index] = true), tab.connected();
          break;
        case 7:
          busy[index] = !busy[index];
          if (!busy[index]) tab.send();
          break;
        default:
          deliver(index);
      }
    }
    open = [true, true, true];
    busy = [false, false, false];
    tabs.forEach((tab, index) => ((toNode[index] = []), (toTab[index] = []), tab.connected()));
    let rounds = 0;
    while ([0, 1, 2].map(deliver).some(Boolean)) assert.ok(++rounds < 10_000, `seed ${seed} does not come to rest`);

    for (const path of paths) {
      for (const tab of tabs) assert.equal(tab.fields.get(path)?.text, node.texts.get(path), `seed ${seed} ${path}`);
    }
    const all = [...node.texts.values()].join("");
    for (const one of new Set(typed)) {
      assert.ok(all.split(one).length <= 2, `seed ${seed}: a letter came twice`);
    }
    assert.ok(tabs.every((tab) => tab.isSaved()), `seed ${seed}: an edit was not sent`);
    if (!hasUndone && typed.length > 0) assert.ok(typed.some((one) => all.includes(one)), `seed ${seed}: every letter was lost`);
  }
});
