package io.portcullis.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.Address;
import org.junit.jupiter.api.Test;

class BulkWindowTest {
    private static final Address ONE = new Address("pekko", "hosts", "one", 1);
    private static final Address TWO = new Address("pekko", "hosts", "two", 1);

    private final BulkWindow window = new BulkWindow(2);
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
