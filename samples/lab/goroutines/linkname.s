// The compiler allows functions without a body only where there is assembly.
