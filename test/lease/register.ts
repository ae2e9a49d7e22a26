/** Gives things numbers, so that equal ones have equal numbers. */
export class Register<T> {
  readonly items: T[] = [];
  private readonly numbers = new Map<string, number>();

  number(item: T): number {
    const text = JSON.stringify(item);
    let number = this.numbers.get(text);
    if (number === undefined) {
      number = this.items.push(item) - 1;
      this.numbers.set(text, number);
    }
    return number;
  }
}
