package io.portcullis.migration.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CutTurnsTest {
    private final CutTurns<String> turns = new CutTurns<>(2);
    private final List<String> granted = new ArrayList<>();

    @Test
    void shouldLetTwoBeCutAtOnceAndTheOthersInTheirOrder() {
        assertThat(ask("host-2", "a")).isTrue();
        assertThat(ask("host-2", "b")).isTrue();
        assertThat(ask("host-2", "c")).isFalse();
        assertThat(ask("host-2", "d")).isFalse();
        assertThat(ask("host-3", "e")).as("another host").isTrue();

        turns.end("b");
        assertThat(granted).containsExactly("c");
        turns.end("a");
        turns.end("a");
        assertThat(granted).containsExactly("c", "d");
        assertThat(turns.held()).containsExactlyInAnyOrder("c", "d", "e");
    }

    @Test
    void shouldKeepThePlaceOfWhoAsksAgain() {
        turns.take("host-2", "a");
        turns.take("host-2", "b");
        ask("host-2", "c");
        ask("host-2", "d");
        assertThat(ask("host-2", "c")).isFalse();

        turns.end("a");

        assertThat(granted).containsExactly("c");
        assertThat(ask("host-2", "c")).as("it has it").isTrue();
    }

    @Test
    void shouldHaveNoneWaitThatCannotAndTheOthersWaitForIt() {
        assertThat(turns.take("host-2", "a")).isEqualTo(CutTurns.Taking.FREE);
        assertThat(ask("host-2", "b")).isTrue();
        assertThat(ask("host-2", "c")).isFalse();
        assertThat(turns.take("host-2", "stopped")).isEqualTo(CutTurns.Taking.BEYOND);
        assertThat(turns.take("host-2", "stopped")).isEqualTo(CutTurns.Taking.HELD);

        turns.end("a");
        assertThat(granted).as("two are being cut").isEmpty();
        turns.end("stopped");
        assertThat(granted).containsExactly("c");
    }

    @Test
    void shouldForgetWhoWaitsNoMore() {
        ask("host-2", "a");
        ask("host-2", "b");
        ask("host-2", "c");
        ask("host-2", "d");
        turns.end("c");
        turns.end("a");
        assertThat(granted).containsExactly("d");
        turns.end("b");
        turns.end("d");
        turns.end("unknown");
        assertThat(turns.isEmpty()).isTrue();
        assertThat(turns.size("host-2")).isZero();
    }

    @Test
    void shouldRefuseOneThatGoesTwoWays() {
        ask("host-2", "a");
        assertThatThrownBy(() -> ask("host-3", "a")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldNeverGrantMoreThanAreFreeNorLeaveOneFreeWhileSomebodyWaits() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Set<String> taken = new HashSet<>();
        Set<String> waiting = new HashSet<>();
        for (int i = 0; i < 5_000; i++) {
            String migration = "m" + random.nextInt(12);
            switch (random.nextInt(4)) {
                case 0, 1 -> {
                    if (turns.ask("host-2", migration, () -> waiting.remove(migration))) {
                        waiting.remove(migration);
                    } else {
                        waiting.add(migration);
                    }
                }
                case 2 -> {
                    if (turns.take("host-2", migration) == CutTurns.Taking.BEYOND) {
                        taken.add(migration);
                    }
                    waiting.remove(migration);
                }
                default -> {
                    waiting.remove(migration);
                    taken.remove(migration);
                    turns.end(migration);
                }
            }
            Set<String> held = turns.held();
            assertThat(held.size()).as("seed %d, step %d", seed, i).isLessThanOrEqualTo(2 + taken.size());
            assertThat(waiting.isEmpty() || held.size() >= 2)
                    .as("seed %d, step %d: nobody waits for nothing", seed, i)
                    .isTrue();
            assertThat(Collections.disjoint(held, waiting)).isTrue();
            assertThat(turns.size("host-2")).isEqualTo(held.size() + waiting.size());
        }
        for (int i = 0; i < 12; i++) {
            turns.end("m" + i);
        }
        assertThat(turns.isEmpty()).isTrue();
    }

    private boolean ask(String host, String migration) {
        return turns.ask(host, migration, () -> granted.add(migration));
    }
}
