/** The choice of `--color`, kept apart from the library that colours: most commands need no colours. */

export const COLOUR_CHOICES = ['auto', 'always', 'never'] as const;
export type ColourChoice = (typeof COLOUR_CHOICES)[number];

let choice: ColourChoice = 'auto';
let apply: (choice: ColourChoice) => void = () => {};

export function chooseColour(chosen: ColourChoice): void {
  choice = chosen;
  apply(choice);
}

/** Calls `use` with the choice, now and whenever it changes. */
export function onColourChoice(use: (choice: ColourChoice) => void): void {
  apply = use;
  use(choice);
}
