package io.portcullis.loadtest.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Moves are told apart by whether another VM moved meanwhile. */
class CrowdTest {
    private static MoveRecord move(String vm, String outcome, double atMillis, double tookMillis, double pauseMicros) {
        return new MoveRecord(
                vm,
                "host-1",
                "host-2",
                outcome,
                null,
                atMillis,
                tookMillis,
                pauseMicros,
                0,
                0,
                0,
                0,
                0,
                1,
                1,
                1,
                List.of(),
                0,
                0,
                0,
                1,
                2,
                List.of(
                        new MoveRecord.Phase("RESERVING", 0),
                        new MoveRecord.Phase("PREPARED", tookMillis / 2),
                        new MoveRecord.Phase("AWAITING_TURN", tookMillis / 2 + 10),
                        new MoveRecord.Phase("CUTTING_OVER", tookMillis / 2 + 17)),
                List.of());
    }

    @Test
    void shouldTellMovesAloneFromThoseWithOthers() {
        MoveRecord first = move("web-1", "COMMITTED", 0, 100, 900);
        MoveRecord early = move("web-1", "COMMITTED", 200, 300, 2_000);
        MoveRecord inIts = move("web-2", "COMMITTED", 250, 50, 3_000);
        MoveRecord failed = move("web-3", "ROLLED_BACK", 400, 300, 0);
        MoveRecord last = move("web-4", "COMMITTED", 700, 100, 1_000);

        Crowd crowd = Crowd.of(List.of(last, inIts, failed, early, first));

        assertThat(crowd.alone()).containsExactly(first, last);
        assertThat(crowd.together()).containsExactly(early, inIts);
        Map<String, Double> figures = new LinkedHashMap<>();
        crowd.addTo(figures);
        assertThat(figures)
                .containsEntry("alonePauseMicrosP50", 900.0)
                .containsEntry("togetherPauseMicrosP50", 2_000.0);
        assertThat(crowd.html()).contains("one at a time", "with others", "2.0 ms", "300.0 ms", "7.0 ms");
        assertThat(first.turnMillis()).isEqualTo(7);
    }

    @Test
    void shouldSayNothingWhereThereIsNothingToCompare() {
        Crowd crowd = Crowd.of(List.of(move("web-1", "COMMITTED", 0, 100, 900)));
        Map<String, Double> figures = new LinkedHashMap<>();
        crowd.addTo(figures);
        assertThat(figures).isEmpty();
        assertThat(crowd.html()).isEmpty();
    }
}
