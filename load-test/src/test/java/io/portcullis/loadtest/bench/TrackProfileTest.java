package io.portcullis.loadtest.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** That the profile knows the code by its names, and counts each look once. */
class TrackProfileTest {
    private static final List<String> PACKAGES = List.of("engine", "track", "packet");

    static Stream<String> beginnings() {
        return TrackProfile.beginnings().stream();
    }

    @ParameterizedTest
    @MethodSource("beginnings")
    void shouldKnowClassesAndMethodsThatAreThere(String beginning) {
        String[] names = beginning.split("\\.", 2);
        Class<?> found = PACKAGES.stream()
                .flatMap(name -> named("io.portcullis.datapath." + name + "." + names[0]).stream())
                .findFirst()
                .orElseThrow();
        assertThat(names.length == 1
                        || Arrays.stream(found.getDeclaredMethods())
                                .anyMatch(method -> method.getName().startsWith(names[1])))
                .isTrue();
    }

    private static Optional<Class<?>> named(String name) {
        try {
            return Optional.of(Class.forName(name));
        } catch (ClassNotFoundException e) {
            return Optional.empty();
        }
    }

    @Test
    void shouldCountTheInnermostPartOfAPhase() {
        int[][] looks = new int[3][12];
        List<String> inIndex = List.of("Lines.address", "SlotIndex.put", "ConnectionTable.add", "VnicEngine.process");
        TrackProfile.count(looks, with(inIndex, "TrackRun.setups"));
        TrackProfile.count(looks, with(inIndex, "TrackRun.lives", "TrackRun.warmUp"));
        TrackProfile.count(looks, with(List.of("TrackFrames.append"), "TrackRun.setups"));
        assertThat(Arrays.stream(looks).flatMapToInt(Arrays::stream).sum()).isEqualTo(1);
        assertThat(Arrays.stream(looks[1]).sum()).isEqualTo(1);
    }

    private static List<String> with(List<String> inner, String... outer) {
        return Stream.concat(inner.stream(), Arrays.stream(outer)).toList();
    }

    @Test
    void shouldSayWhereARunsTimeGoes() throws IOException {
        Optional<TrackProfile> begun = TrackProfile.begin();
        if (begun.isEmpty()) {
            System.out.println("skipped: this JVM has no profile of processor time");
            return;
        }
        try (TrackProfile profile = begun.get()) {
            new TrackRun(2_000, 100, false, 64, 256, false, new TrackRun.Effort(1, 1, 50_000, 8_192)).run();
            assertThat(profile.end()).contains("set-ups", "rules looked for", "%");
        }
    }
}
