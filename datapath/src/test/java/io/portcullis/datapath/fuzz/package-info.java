/**
 * Targets for a coverage-guided fuzzer, and the inputs it found, which every build runs again. To look for more, with Jazzer 0.30 or later and the
 * test classes on the class path: {@code com.code_intelligence.jazzer.Jazzer --target_class=io.portcullis.datapath.fuzz.ParserTarget
 * --instrumentation_includes=io.portcullis.** src/test/resources/fuzz/parser}.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.datapath.fuzz;
