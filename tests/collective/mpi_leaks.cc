// OpenMPI keeps memory until the process ends, much of it in plugins that it has unloaded by then,
// which no suppression can name. AddressSanitizer still looks at every access; leaks of our own the
// other collectives' tests find, which share everything but the transport.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }
