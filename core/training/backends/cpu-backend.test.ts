import { declareBackendContract } from './backend.contract.ts';
import { createCpuBackend } from './cpu-backend.ts';

declareBackendContract('the cpu backend', createCpuBackend);
