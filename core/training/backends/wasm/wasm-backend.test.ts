import { declareBackendContract } from '../backend.contract.ts';
import { createWasmBackend } from './wasm-backend.ts';

declareBackendContract('wasm, relaxed SIMD', () => createWasmBackend('relaxed'));
declareBackendContract('wasm, plain SIMD', () => createWasmBackend('plain'));
