import { expect, it } from 'vitest';
import { formatTable } from './table.ts';

it('lines up columns by what is seen, wide characters included', () => {
  const rows = [
    { name: '猫', trials: 9 },
    { name: 'sprites', trials: 100 },
  ];
  const table = formatTable(
    [
      { title: 'Study', align: 'left', cell: (row) => row.name },
      { title: 'Trials', align: 'right', cell: (row) => String(row.trials) },
    ],
    rows,
  );
  expect(table).toBe('Study    Trials\n猫            9\nsprites     100');
});
