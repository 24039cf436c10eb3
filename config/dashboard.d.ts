// Types for `make check`; browsers never load this file.

// What the JSDoc comments of the dashboard's scripts name.

/** What an element may contain. Empty values are left out. */
type Content = Node | string | number | boolean | null | undefined | Content[];

/** A value as text. `axis` writes all ticks of an axis, if they need a form of their own. */
type Format = ((value: any) => string) & { axis?: (values: number[]) => string[] };

interface AskOptions {
  method?: string;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is. */
  file?: Blob;
  parameters?: object;
  signal?: AbortSignal;
}

interface LoadOptions {
  /** Height of the placeholder. */
  lines?: number;
  /** Says that there is nothing. */
  nothing?: Content;
  signal?: AbortSignal;
  /** Shown in place of the placeholder. */
  meanwhile?: Node;
  again?: () => unknown;
  tries?: number;
}

/** A column of a breakdown. */
interface ValueColumn {
  name: string;
  value: (row: any) => any;
  format?: Format;
  explain?: string;
}

interface Tab {
  id: string;
  title: string;
  /** Heading of the first column, if it is not the title. */
  what?: string;
  explain?: string;
  columns: ValueColumn[];
  rows: (limit: number) => Promise<any[]>;
  label: (row: any) => string;
  pick?: (row: any) => (() => unknown) | null;
  before?: (row: any) => Content;
  picture?: (rows: any[]) => Content;
  nothing?: Content | (() => Content | Promise<Content>);
}

/** A column of a plain table. */
interface TableColumn {
  name: string;
  cell: (row: any) => Content;
  number?: boolean;
  explain?: string;
  /** Makes the column sortable. */
  value?: (row: any) => any;
}

/** A condition on the view: `sign` is one of : !: ~: !~: */
interface Filter {
  name: string;
  sign: string;
  values: string[];
}

/** What the address says: page, range, filters and what pages have chosen to show (`extra`). */
interface State {
  page: string;
  rest: string[];
  range: string;
  from: string | null;
  to: string | null;
  zone: string;
  compare: boolean;
  people: boolean;
  segment: string;
  filters: Filter[];
  extra: Record<string, string>;
  /** Parts of the address that could not be read. */
  odd: string[];
}

/** What a page gets to work with. */
interface View {
  root: HTMLElement;
  state: State;
  session: any;
  /** Aborts when another view is shown. */
  signal: AbortSignal;
  go: (change: object) => void;
  link: (to: string, ...content: Content[]) => HTMLElement;
  /** Whether the module is open to this person. */
  can: (module: string) => boolean;
  /** A report over the view's range, filters and segment. */
  report: (path: string, parameters?: object) => Promise<any>;
  /** The same report over the period before. */
  earlier: (path: string, parameters?: object) => Promise<any>;
  ask: (path: string, options?: AskOptions) => Promise<any>;
  /** Added to a report's parameters, for pages that compare. */
  compare: { compare?: string };
  interval: string;
  refresh: () => void;
  /** Writes what the page has chosen to show into the address. */
  keep: (extra: Record<string, string>) => void;
  signIn: (credential: object) => Promise<void>;
  reload: () => Promise<void>;
}

// What current browsers have and Debian's TypeScript 4.8 does not declare. Remove what a newer one reports as a duplicate.

interface Array<T> {
  findLast(predicate: (value: T, index: number, array: T[]) => unknown): T | undefined;
}

declare namespace Intl {
  function supportedValuesOf(key: 'timeZone' | 'currency'): string[];
}

interface Element {
  checkVisibility(): boolean;
}

interface Navigator {
  readonly globalPrivacyControl?: boolean;
}
