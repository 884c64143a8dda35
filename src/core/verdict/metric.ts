/** How one number is made of what `evaluate` gives, lower being better. */
export interface ErrorMeasure {
  /** Keras' name of the metric. */
  readonly metric: string;
  /** Whether errors are shares of samples. */
  readonly isRate: boolean;
}

type Figures = Readonly<Record<string, number>>;

/** Metrics of Keras whose best value is 1: of them the distance to 1 is the error. */
const upTo1 = /(^|_)(auc|precision|recall|f_?1_score|f_?beta_score|io_?u|r2_score|(pearson|concordance)_correlation|cosine_similarity|\w+_at_(recall|precision|sensitivity|specificity))(_\d+)?(\[\d+\])?$/i;
/** Counts depend on the size of the set, and what is better depends on the kind. */
const counts = /(^|_)(true|false)_(positives|negatives)(_\d+)?(\[\d+\])?$/i;

/** The first accuracy, else the first metric that is no loss and no count, else the loss. */
export function chooseMeasure(figures: Figures): ErrorMeasure {
  const names = Object.keys(figures);
  const accuracy = names.find((name) => /(^|_)acc(uracy)?$/i.test(name));
  if (accuracy !== undefined) return { metric: accuracy, isRate: true };
  return { metric: names.find((name) => !/(^|_)loss$/.test(name) && !counts.test(name)) ?? 'loss', isRate: false };
}

/** What the error is called: `1 - auc`. */
export function errorName({ metric }: ErrorMeasure): string {
  return upTo1.test(metric) ? `1 - ${metric}` : metric;
}

/** 1 - accuracy (or another metric whose best is 1), or the metric itself. Infinite where it is missing or no number. */
export function errorOf(figures: Figures, { metric, isRate }: ErrorMeasure): number {
  const value = Object.hasOwn(figures, metric) ? figures[metric] : NaN;
  const error = isRate || upTo1.test(metric) ? 1 - value : value;
  return Number.isFinite(error) ? error : Infinity;
}
