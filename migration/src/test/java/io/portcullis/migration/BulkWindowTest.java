package io.portcullis.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.migration.model.Pace;
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
        BulkWindow.Share a = window.share(ONE, null, () -> granted.add("a"));
        BulkWindow.Share b = window.share(ONE, null, () -> granted.add("b"));
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
        BulkWindow.Share elsewhere = window.share(TWO, null, () -> granted.add("elsewhere"));
        elsewhere.ask();
        assertThat(granted).endsWith("elsewhere");
    }

    @Test
    void shouldSendNoMoreThanItMayInASecondAndGoOnByItself() {
        BulkWindow slow = window(1_000_000);
        BulkWindow.Share a = slow.share(ONE, null, () -> granted.add("a"));
        BulkWindow.Share b = slow.share(TWO, null, () -> granted.add("b"));
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

    @Test
    void shouldLetOthersPassWhoWaitNotForTheirOperation() {
        BulkWindow.Share a = window.share(ONE, new Pace("op-1", 1_000_000), () -> granted.add("a"));
        BulkWindow.Share b = window.share(ONE, new Pace("op-1", 1_000_000), () -> granted.add("b"));
        BulkWindow.Share other = window.share(ONE, null, () -> granted.add("other"));
        a.ask();
        a.sent(500_000);
        a.giveBack();
        b.ask();
        other.ask();
        assertThat(granted).as("both have one pace together").containsExactly("a", "other");
        assertThat(laterNanos).isEqualTo(400_000_000);

        now += laterNanos;
        later.run();

        assertThat(granted).containsExactly("a", "other", "b");
    }

    @Test
    void shouldPayOffAtTheNewPaceWhatIsOpenWhenItChanges() {
        BulkWindow.Share a = window.share(ONE, new Pace("op-1", 1_000_000), () -> granted.add("a"));
        a.ask();
        a.sent(1_100_000);
        a.ask();
        assertThat(laterNanos).isEqualTo(1_000_000_000);
        Runnable late = later;

        assertThat(window.pace(new Pace("op-1", 10_000_000))).isEqualTo(1_100_000);

        assertThat(laterNanos).as("of one second a tenth is left").isEqualTo(100_000_000);
        now += laterNanos;
        later.run();
        assertThat(granted).containsExactly("a", "a");
        a.giveBack();
        a.sent(11_000_000);
        a.ask();
        late.run();
        assertThat(granted).as("a call that was put forward does nothing").hasSize(2);
        window.pace(new Pace("op-1", 0));
        assertThat(granted).as("no limit any more").hasSize(3);
    }

    @Test
    void shouldSendOfAnOperationNoMoreThanItsPaceHoweverManyMigrationsItHas() {
        List<BulkWindow.Share> asking = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            BulkWindow.Share[] self = new BulkWindow.Share[1];
            self[0] = window.share(i % 2 == 0 ? ONE : TWO, new Pace("op-1", 5_000_000), () -> asking.add(self[0]));
            self[0].ask();
        }
        long began = now;
        long sent = 0;
        while (now - began < 2_000_000_000L) {
            List<BulkWindow.Share> grants = List.copyOf(asking);
            asking.clear();
            for (BulkWindow.Share share : grants) {
                share.sent(100_000);
                sent += 100_000;
            }
            grants.forEach(BulkWindow.Share::giveBack);
            grants.forEach(BulkWindow.Share::ask);
            if (asking.isEmpty()) {
                now += laterNanos;
                later.run();
            }
        }
        // two seconds, and what is sent before it is known what it costs: the window of both hosts, and a tenth of a
        // second
        assertThat(sent).isBetween(9_000_000L, 2 * 5_000_000L + 500_000 + 2 * 2 * 100_000);
        assertThat(window.pace(new Pace("op-1", 5_000_000))).isEqualTo(sent);
    }

    @Test
    void shouldForgetOperationsUnderWhichNothingIsSent() {
        window.share(ONE, new Pace("op-0", 1_000_000), () -> {}).sent(7);
        window.pace(new Pace("op-x", 1));
        for (int i = 1; i < BulkWindow.MAX_OPERATIONS + 10; i++) {
            window.share(ONE, new Pace("op-" + i, 1_000_000), () -> {}).close();
        }
        assertThat(window.pace(new Pace("op-0", 1_000_000))).isEqualTo(7);
    }

    private BulkWindow window(long bytesPerSecond) {
        return new BulkWindow(2, new SendRate(bytesPerSecond), () -> now, (nanos, run) -> {
            laterNanos = nanos;
            later = run;
        });
    }

    @Test
    void shouldGetBackWhatAMigrationHadThatEnds() {
        BulkWindow.Share a = window.share(ONE, null, () -> granted.add("a"));
        BulkWindow.Share b = window.share(ONE, null, () -> granted.add("b"));
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
