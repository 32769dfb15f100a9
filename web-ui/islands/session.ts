// One tab's side of the live-text protocol (README.md), free of the browser.
import { apply, History, invert, join, operation, splices, type Splice } from "./splices";

export type Person = { name: string; organization: string; path: string; caret: number };
export type Message = {
  ack?: number; refused?: number; why?: string; changed?: boolean; heads?: string;
  from?: string; fields?: { path: string; splices: Splice[] }[]; people?: Person[];
};

/** What a session needs of the page. */
export interface Page {
  /** Sends, if there is a connection. */
  send(message: object): void;
  isConnected(): boolean;
  /** Must nothing be sent or applied just now? */
  isBusy(): boolean;
  isPaused(): boolean;
  place(): { path: string; caret: number };
  /** Shows what others did to a field whose text is now this. */
  changed(path: string, text: string, theirs: Splice[]): void;
  met(people: Person[]): void;
  refused(why: string): void;
  /** The fate of every edit is known. */
  settled(): void;
}

class Field {
  unsent: Splice[] = [];
  readonly undo = new History();
  readonly redo = new History();
  constructor(public text: string) {}
}

export class Session {
  private seq = 0;
  private underWay: object | undefined;
  private asked = false;
  private isDue = false;
  isOver = false;
  readonly fields: Map<string, Field>;

  constructor(private page: Page, private tab: string, public heads: string, texts: [string, string][]) {
    this.fields = new Map(texts.map(([path, text]) => [path, new Field(text)]));
  }

  isUnderWay(): boolean {
    return this.underWay !== undefined;
  }

  isSaved(): boolean {
    return !this.underWay && [...this.fields.values()].every((field) => field.unsent.length === 0);
  }

  /** Goes on after the connection was made or made again: what was under way is sent again, under its old number. */
  connected(): void {
    this.asked = false;
    if (this.underWay) this.page.send(this.underWay);
    else this.send();
  }

  /** Takes what the person did to a field. */
  typed(path: string, splice: Splice): void {
    const field = this.fields.get(path);
    if (!field || (splice.del === 0 && splice.ins === "")) return;
    field.undo.add(splice, field.text);
    field.redo.clear();
    this.edit(field, splice);
    this.send();
  }

  /** Takes back the person's own last edit of a field, or does it again. Returns what it did. */
  takeBack(path: string, isRedo: boolean): Splice[] {
    const field = this.fields.get(path);
    const parts = (isRedo ? field?.redo : field?.undo)?.pop();
    if (!field || !parts) return [];
    (isRedo ? field.undo : field.redo).push(invert(parts, field.text));
    const made = splices(parts);
    made.forEach((splice) => this.edit(field, splice));
    this.send();
    return made;
  }

  private edit(field: Field, splice: Splice): void {
    const last = field.unsent.at(-1);
    const joined = last && join(last, splice);
    if (joined) field.unsent.splice(-1, 1, joined);
    else field.unsent.push(splice);
    field.text = apply(field.text, operation(splice));
  }

  /** Sends what waits; if nothing does, asks what others did. */
  send(): void {
    if (this.underWay || this.isOver || this.page.isBusy() || !this.page.isConnected()) return;
    const next = [...this.fields].find(([, field]) => field.unsent.length > 0);
    if (!next) return this.pull();
    const [path, field] = next;
    this.underWay = { tab: this.tab, seq: ++this.seq, heads: this.heads, path, edits: field.unsent, caret: this.page.place().caret };
    field.unsent = [];
    this.page.send(this.underWay);
  }

  pull(): void {
    this.isDue = true;
    if (this.asked || this.isOver || !this.isSaved()) return;
    if (this.page.isBusy() || this.page.isPaused() || !this.page.isConnected()) return;
    this.isDue = false;
    this.asked = true;
    this.page.send({ pull: this.heads, ...this.page.place() });
  }

  receive(message: Message): void {
    if (message.changed) this.isDue = true;
    if (message.refused === this.seq && this.underWay) {
      this.isOver = true;
      return this.page.refused(message.why ?? "");
    }
    if (message.ack === this.seq && this.underWay && message.heads !== undefined) {
      this.heads = message.heads;
      this.underWay = undefined;
      this.page.settled();
      this.send();
    }
    if (message.from !== undefined && message.heads !== undefined) this.answered(message.from, message.heads, message);
    if (this.isDue) this.pull();
  }

  /** Takes the answer to a pull, unless something happened here meanwhile: then it asks again. */
  private answered(from: string, heads: string, { fields, people }: Message): void {
    this.asked = false;
    this.isDue = this.isDue || !this.isSaved() || from !== this.heads || this.page.isBusy() || this.page.isPaused();
    if (from !== this.heads || !this.isSaved() || this.page.isBusy() || this.page.isPaused()) return;
    this.heads = heads;
    for (const { path, splices } of fields ?? []) {
      const field = this.fields.get(path);
      if (!field) continue;
      for (const splice of splices) {
        field.text = apply(field.text, operation(splice));
        field.undo.carry(operation(splice));
        field.redo.carry(operation(splice));
      }
      this.page.changed(path, field.text, splices);
    }
    this.page.settled();
    this.page.met(people ?? []);
  }
}
