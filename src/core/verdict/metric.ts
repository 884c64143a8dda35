/** How one number is made of what `evaluate` gives, lower being better. */
export interface ErrorMeasure {
  /** Keras' name of the metric. */
  readonly metric: string;
  /** Whether errors are shares of samples. */
  readonly isRate: boolean;
}

type Figures = Readonly<Record<string, number>>;

/** The first accuracy, else the first metric that is no loss, else the loss. */
export function chooseMeasure(figures: Figures): ErrorMeasure {
  const names = Object.keys(figures);
  const accuracy = names.find((name) => /(^|_)acc(uracy)?$/i.test(name));
  if (accuracy !== undefined) return { metric: accuracy, isRate: true };
  return { metric: names.find((name) => !/(^|_)loss$/.test(name)) ?? 'loss', isRate: false };
}

/** 1 - accuracy, or the metric itself. Infinite where it is missing or no number. */
export function errorOf(figures: Figures, { metric, isRate }: ErrorMeasure): number {
  const value = Object.hasOwn(figures, metric) ? figures[metric] : NaN;
  const error = isRate ? 1 - value : value;
  return Number.isFinite(error) ? error : Infinity;
}
