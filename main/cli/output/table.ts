import stringWidth from 'string-width';

/** A column of a table; numbers stand to the right. */
export interface Column<Row> {
  readonly title: string;
  readonly align: 'left' | 'right';
  readonly cell: (row: Row) => string;
}

/** Between columns. */
const GAP = '  ';

/** Rows under a line of titles, every column as wide as its widest cell. */
export function formatTable<Row>(columns: ReadonlyArray<Column<Row>>, rows: readonly Row[]): string {
  const cells = [
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map(({ cell }) => cell(row))),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => stringWidth(line[index] ?? ''))));
  return cells
    .map((line) => line.map((text, index) => pad(text, widths[index] ?? 0, columns[index]?.align)).join(GAP))
    .map((line) => line.trimEnd())
    .join('\n');
}

function pad(text: string, width: number, align: 'left' | 'right' | undefined): string {
  const padding = ' '.repeat(Math.max(width - stringWidth(text), 0));
  return align === 'right' ? padding + text : text + padding;
}
