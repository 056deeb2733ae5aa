import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { declareStorageContract } from '../storage.contract.ts';
import { SqliteStorage } from './sqlite-storage.ts';

declareStorageContract('SqliteStorage with one connection', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hone-storage-'));
  const storage = await SqliteStorage.open(join(folder, 'study.db'));
  return {
    storage,
    other: storage,
    close: async () => {
      await storage.close();
      await rm(folder, { recursive: true });
    },
  };
});

declareStorageContract('SqliteStorage with two connections', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hone-storage-'));
  const file = join(folder, 'study.db');
  const storage = await SqliteStorage.open(file);
  const other = await SqliteStorage.open(file);
  return {
    storage,
    other,
    close: async () => {
      await storage.close();
      await other.close();
      await rm(folder, { recursive: true });
    },
  };
});
