package io.portcullis.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.util.Objects;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

class ReplicaStoreTest {
    private static final HostId ONE = new HostId("host-1");
    private static final VnicId ETH0 = VnicId.parse("acme/web-1/eth0");
    private static final VnicId ETH1 = VnicId.parse("acme/web-1/eth1");
    private static final ActorRef<ReplicaCommand> NOBODY =
            TestInbox.<ReplicaCommand>create().getRef();

    private final ReplicaStore store = new ReplicaStore(10);
    private long now = 1_000;

    @Test
    void shouldTakePiecesInOrderAndSayHowFarItIs() {
        assertThat(take(ETH0, 1, 1, 0, "abc", false)).isEqualTo(3);
        assertThat(take(ETH0, 1, 1, 0, "abc", false)).as("again").isEqualTo(3);
        assertThat(take(ETH0, 1, 1, 5, "x", false)).as("one is missing").isEqualTo(3);
        assertThat(take(ETH0, 1, 2, 5, "x", false))
                .as("of a file that it has not")
                .isZero();
        assertThat(store.find(ETH0.vm(), 1, now)).as("not whole").isNull();

        assertThat(take(ETH0, 1, 1, 3, "de", true)).isEqualTo(5);
        assertThat(text(ETH0, 1)).isEqualTo("abcde");
        assertThat(take(ETH0, 1, 1, 5, "", true)).as("nothing new").isEqualTo(5);
    }

    @Test
    void shouldKeepWhatIsWholeUntilWhatBeginsAnewIs() {
        take(ETH0, 1, 1, 0, "old", true);
        take(ETH0, 1, 2, 0, "ne", false);
        assertThat(text(ETH0, 1)).isEqualTo("old");

        take(ETH0, 1, 2, 2, "w", true);
        assertThat(text(ETH0, 1)).isEqualTo("new");
        assertThat(store.values(now)).containsEntry(ReplicaCounters.HELD + "bytes", 3L);
    }

    @Test
    void shouldGiveNothingOfAnotherEpochAndTakeNothingOfAnOlderOne() {
        take(ETH0, 2, 1, 0, "two", true);
        assertThat(store.find(ETH0.vm(), 1, now)).isNull();
        assertThat(store.find(ETH0.vm(), 3, now)).isNull();
        assertThat(take(ETH0, 1, 9, 0, "one", true)).isEqualTo(ReplicaStore.OLDER);
        assertThat(take(ETH1, 1, 9, 0, "one", true)).isEqualTo(ReplicaStore.OLDER);
        assertThat(text(ETH0, 2)).isEqualTo("two");

        store.drop(ETH0.vm(), 1);
        assertThat(text(ETH0, 2)).isEqualTo("two");
        store.drop(ETH0.vm(), 2);
        assertThat(store.isEmpty()).isTrue();
        assertThat(store.values(now)).containsEntry(ReplicaCounters.HELD + "bytes", 0L);
    }

    @Test
    void shouldRefuseWhatIsBeyondItsLimitAndKeepWhatItHas() {
        take(ETH0, 1, 1, 0, "12345", true);
        assertThat(take(ETH0, 1, 2, 0, "123", false)).isEqualTo(3);
        assertThat(take(ETH0, 1, 2, 3, "456", false)).isEqualTo(ReplicaStore.FULL);

        assertThat(text(ETH0, 1)).isEqualTo("12345");
        assertThat(store.values(now)).containsEntry(ReplicaCounters.HELD + "bytes", 5L);
    }

    @Test
    void shouldTellItsAgeAndWhoIsSilent() {
        take(ETH0, 4, 1, 0, "12345", true);
        now += 30;
        assertThat(Objects.requireNonNull(store.find(ETH0.vm(), 4, now)).ageMillis())
                .isEqualTo(30);
        assertThat(store.values(now)).containsEntry(ReplicaCounters.HELD + "age-millis", 30L);
        assertThat(store.silentSince(now)).containsEntry(ETH0.vm(), 4L);

        take(ETH0, 4, 1, 5, "", true);
        assertThat(store.silentSince(now)).isEmpty();
        assertThat(Objects.requireNonNull(store.find(ETH0.vm(), 4, now)).ageMillis())
                .isZero();
    }

    @Test
    void shouldDescribeWhatItKeepsOfATenant() {
        take(ETH0, 4, 1, 0, "12345", false);
        assertThat(store.describe(ETH0.vm().tenant(), null, now))
                .as("all of it has not come yet")
                .containsExactly(new ReplicaReply.KeptReplica(ETH0.vm(), 4, false, 0, 0));

        take(ETH0, 4, 1, 5, "", true);
        now += 30;
        take(ETH0, 4, 2, 0, "6", false);
        ReplicaReply.KeptReplica whole = new ReplicaReply.KeptReplica(ETH0.vm(), 4, true, 30, 1);
        assertThat(store.describe(ETH0.vm().tenant(), null, now))
                .as("also while it comes anew")
                .containsExactly(whole);
        assertThat(store.describe(ETH0.vm().tenant(), ETH0.vm(), now)).containsExactly(whole);
        assertThat(store.describe(ETH0.vm().tenant(), VmId.parse("acme/db-1"), now))
                .isEmpty();
        assertThat(store.describe(new TenantId("other"), null, now)).isEmpty();
    }

    private long take(VnicId vnic, long epoch, long file, long offset, String bytes, boolean isCurrent) {
        return store.take(
                new ReplicaCommand.Piece(
                        vnic,
                        epoch,
                        ONE,
                        7,
                        file,
                        offset,
                        bytes.getBytes(java.nio.charset.StandardCharsets.US_ASCII),
                        isCurrent,
                        1,
                        now,
                        NOBODY),
                now);
    }

    private String text(VnicId vnic, long epoch) {
        ReplicaReply.Tables tables = Objects.requireNonNull(store.find(vnic.vm(), epoch, now));
        return new String(tables.tables().getFirst().checkpoint(), java.nio.charset.StandardCharsets.US_ASCII);
    }
}
