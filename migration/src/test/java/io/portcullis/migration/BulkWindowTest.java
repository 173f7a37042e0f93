package io.portcullis.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.migration.model.SendRate;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.Address;
import org.junit.jupiter.api.Test;

class BulkWindowTest {
    private static final Address ONE = new Address("pekko", "hosts", "one", 1);
    private static final Address TWO = new Address("pekko", "hosts", "two", 1);

    private long now = 5;
    private long laterNanos;
    private Runnable later = () -> {};
    private final BulkWindow window = window(0);
    private final List<String> granted = new ArrayList<>();

    @Test
    void shouldBeSharedByAllMigrationsToOneHostInTurn() {
        BulkWindow.Share a = window.share(ONE, () -> granted.add("a"));
        BulkWindow.Share b = window.share(ONE, () -> granted.add("b"));
        a.ask();
        a.ask();
        a.ask();
        b.ask();
        assertThat(granted).containsExactly("a", "a");
        a.giveBack();
        assertThat(granted).containsExactly("a", "a", "a");
        a.ask();
        a.giveBack();
        a.giveBack();
        assertThat(granted).containsExactly("a", "a", "a", "b", "a");
        BulkWindow.Share elsewhere = window.share(TWO, () -> granted.add("elsewhere"));
        elsewhere.ask();
        assertThat(granted).endsWith("elsewhere");
    }

    @Test
    void shouldSendNoMoreThanItMayInASecondAndGoOnByItself() {
        BulkWindow slow = window(1_000_000);
        BulkWindow.Share a = slow.share(ONE, () -> granted.add("a"));
        BulkWindow.Share b = slow.share(TWO, () -> granted.add("b"));
        a.ask();
        a.sent(500_000);
        b.ask();
        assertThat(granted).as("half a second is to be paid off, less a tenth").containsExactly("a");
        assertThat(laterNanos).isEqualTo(400_000_000);

        now += laterNanos;
        later.run();

        assertThat(granted).containsExactly("a", "b");
        now += 60_000_000_000L;
        b.sent(500_000);
        laterNanos = 0;
        a.ask();
        assertThat(laterNanos).as("an idle minute is not made up for").isEqualTo(400_000_000);
    }

    private BulkWindow window(long bytesPerSecond) {
        return new BulkWindow(2, new SendRate(bytesPerSecond), () -> now, (nanos, run) -> {
            laterNanos = nanos;
            later = run;
        });
    }

    @Test
    void shouldGetBackWhatAMigrationHadThatEnds() {
        BulkWindow.Share a = window.share(ONE, () -> granted.add("a"));
        BulkWindow.Share b = window.share(ONE, () -> granted.add("b"));
        a.ask();
        a.ask();
        a.ask();
        b.ask();
        b.ask();
        a.close();
        a.close();
        a.ask();
        assertThat(granted).containsExactly("a", "a", "b", "b");
        b.giveBack();
        b.giveBack();
        b.giveBack();
        b.ask();
        b.ask();
        b.ask();
        assertThat(granted).containsExactly("a", "a", "b", "b", "b", "b");
    }
}
