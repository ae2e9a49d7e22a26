/** What an old configuration had, waiting to be claimed by the new one. A name may occur twice. */
export class Roster<T extends { readonly name: string }> {
  private readonly byName = new Map<string, T[]>();

  constructor(things: readonly T[]) {
    for (const thing of things) {
      const namesakes = this.byName.get(thing.name);
      if (namesakes === undefined) this.byName.set(thing.name, [thing]);
      else namesakes.push(thing);
    }
  }

  /** Claims the first of this name that is left. */
  claim(name: string): T | undefined {
    return this.byName.get(name)?.shift();
  }

  /** What nobody has claimed. */
  rest(): T[] {
    return [...this.byName.values()].flat();
  }
}
