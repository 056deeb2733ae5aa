import { declareStorageContract } from '../storage.contract.ts';
import { InMemoryStorage } from './in-memory-storage.ts';

declareStorageContract('InMemoryStorage', async () => {
  const storage = new InMemoryStorage();
  return { storage, other: storage, close: () => storage.close() };
});
