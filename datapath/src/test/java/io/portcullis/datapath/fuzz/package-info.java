/**
 * Targets for a coverage-guided fuzzer, and the inputs it found, which every build runs again (those of {@code track.CodecTarget} and {@code
 * classify.RuleTableTarget}, too). To look for more with Jazzer: {@code mvn -P fuzz -pl datapath,ports -am verify -DskipTests -Dfuzz.seconds=300}.
 * A finding ends the build and lies in {@code target/fuzz/crash-…}: put it into {@code src/test/resources/fuzz/TARGET}, and {@code
 * FuzzRegressionTest} fails until it is mended.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.datapath.fuzz;
