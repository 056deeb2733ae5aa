/** Stands in for a trainer of another version: its first message is one that this engine does not know. */
process.send?.({ type: 'babble' });
process.on('disconnect', () => process.exit(0));
