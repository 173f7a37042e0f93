package io.portcullis.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.datapath.runtime.VnicAttachment;
import io.portcullis.datapath.track.SavedTable;
import io.portcullis.persistence.testkit.WrittenCheckpoints;
import io.portcullis.policy.Action;
import io.portcullis.policy.AddressSource;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.compile.RuleTableCodec;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {
    private static final VnicId WEB = VnicId.parse("acme/web-1/eth0");
    private static final VnicId DB = VnicId.parse("acme/db-1/eth0");
    private static final Instant WRITTEN = Instant.ofEpochMilli(1_700_000_000_123L);
    private static final Instant LATER = WRITTEN.plusSeconds(1);

    @TempDir
    private Path directory;

    private Checkpoints checkpoints;

    @BeforeEach
    void open() {
        checkpoints = new Checkpoints(directory.resolve("checkpoints"));
    }

    @Test
    void shouldReadBackWhatWasWritten() throws IOException {
        Checkpoint written = aCheckpoint(WEB, 3);
        write(written);

        assertThat(checkpoints.read(WEB))
                .hasValueSatisfying(
                        read -> assertThat(read).usingRecursiveComparison().isEqualTo(written));
        assertThat(checkpoints.read(DB)).isEmpty();
    }

    @Test
    void shouldReadBackACheckpointWithoutAddressesAndConnections() throws IOException {
        Checkpoint written = new Checkpoint(
                new CheckpointHead(
                        new VnicAttachment(WEB, 1, new MacAddress(2), List.of(), 1, "", 0),
                        0,
                        RuleTableCodec.seal(List.of(), Action.DROP, false)),
                Instant.ofEpochMilli(5),
                SavedTable.EMPTY);
        write(written);

        assertThat(checkpoints.read(WEB)).contains(written);
    }

    @Test
    void shouldLetAnotherHostHaveACopyOfAllThatIsCommitted() throws IOException {
        Checkpoint written = aCheckpoint(WEB, 3);
        write(written);
        assertThat(checkpoints.position(WEB)).as("nobody follows it").isEqualTo(CheckpointPosition.NONE);

        checkpoints.follow(WEB);
        CheckpointPosition at = checkpoints.position(WEB);
        assertThat(at.epoch()).isEqualTo(3);
        CheckpointCopy copy = new CheckpointCopy();
        while (copy.bytes() < at.bytes()) {
            copy.add(checkpoints.read(WEB, at, copy.bytes(), 100).orElseThrow());
        }
        assertThat(CheckpointCopy.read(copy.toArray(), Duration.ZERO))
                .usingRecursiveComparison()
                .isEqualTo(written);
        Checkpoint later = CheckpointCopy.read(copy.toArray(), Duration.ofSeconds(5));
        assertThat(later.table().parts().getFirst().taken())
                .isEqualTo(written.table().parts().getFirst().taken().plusSeconds(5));

        write(aCheckpoint(WEB, 4));
        assertThat(checkpoints.position(WEB).epoch()).isEqualTo(4);
        assertThat(checkpoints.read(WEB, at, 0, 100)).as("another file").isEmpty();
        checkpoints.leave(WEB, 4);
        assertThat(checkpoints.position(WEB)).isEqualTo(CheckpointPosition.NONE);
    }

    @Test
    void shouldFindWhatAHostThatStartsAgainHadWritten() throws IOException {
        Checkpoint written = aCheckpoint(WEB, 3);
        write(written);
        Checkpoints again = new Checkpoints(directory.resolve("checkpoints"));
        again.follow(WEB);

        CheckpointPosition at = again.position(WEB);
        assertThat(CheckpointCopy.read(again.read(WEB, at, 0, Integer.MAX_VALUE).orElseThrow(), Duration.ZERO))
                .usingRecursiveComparison()
                .isEqualTo(written);
        again.unfollow(WEB);
        assertThat(again.position(WEB)).isEqualTo(CheckpointPosition.NONE);
    }

    @Test
    void shouldAddRoundsAndNewRulesToWhatWasWrittenWhole() throws IOException {
        Checkpoint whole = aCheckpoint(WEB, 3);
        CheckpointFile file = write(whole);
        long wholeBytes = file.wholeBytes();
        assertThat(Files.size(file(WEB))).isEqualTo(wholeBytes);
        SavedTable.Part more = new SavedTable.Part(LATER, List.of(new byte[] {7}));
        file.add(more);
        assertThat(checkpoints.read(WEB))
                .as("not before it is complete")
                .hasValueSatisfying(
                        read -> assertThat(read).usingRecursiveComparison().isEqualTo(whole));
        file.commit(whole.head(), LATER, 3);
        CheckpointHead newRules =
                new CheckpointHead(whole.attachment(), 8, RuleTableCodec.seal(List.of(), Action.DROP, false));
        file.commit(newRules, LATER.plusMillis(1), 3);

        assertThat(checkpoints.read(WEB)).hasValueSatisfying(read -> {
            assertThat(read.rules()).isEqualTo(newRules.rules());
            assertThat(read.policyRevision()).isEqualTo(8);
            assertThat(read.written()).isEqualTo(LATER.plusMillis(1));
            assertThat(read.table())
                    .usingRecursiveComparison()
                    .isEqualTo(
                            new SavedTable(List.of(whole.table().parts().getFirst(), more), 3, OptionalLong.empty()));
        });
        assertThat(file.wholeBytes()).isEqualTo(wholeBytes);
        assertThat(file.addedBytes()).isEqualTo(Files.size(file(WEB)) - wholeBytes);
        assertThat(checkpoints.counters()).containsEntry("checkpoint.files", 1L).containsEntry("checkpoint.rounds", 2L);
    }

    @Test
    void shouldKeepNotesOnAVnicOfWhichOnlyAheadOfItsCutIsWritten() throws IOException {
        checkpoints.notes().open(WEB, 2);
        checkpoints.arrivals().open(WEB, 3);
        Checkpoint ahead = aCheckpoint(WEB, 3);
        CheckpointFile file = checkpoints.begin(WEB, 3);
        for (SavedTable.Part part : ahead.table().parts()) {
            file.add(part);
        }
        assertThat(checkpoints.read(WEB)).isEmpty();

        file.commitAhead(ahead.head(), ahead.written(), ahead.table().entries());

        assertThat(checkpoints.read(WEB))
                .hasValueSatisfying(
                        read -> assertThat(read).usingRecursiveComparison().isEqualTo(ahead));
        assertThat(checkpoints.notes().find(WEB)).hasValue(2);
        assertThat(checkpoints.arrivals().find(WEB)).hasValue(3);
        assertThat(checkpoints.counters()).containsEntry("checkpoint.ahead", 1L).doesNotContainKey("checkpoint.files");
        assertThat(file.add(new SavedTable.Part(LATER, List.of(new byte[] {7}))))
                .isZero();
        checkpoints.forget(WEB, 3);
        assertThat(checkpoints.read(WEB)).isEmpty();
        assertThat(checkpoints.arrivals().find(WEB)).isEmpty();
        assertThat(checkpoints.notes().find(WEB)).hasValue(2);
    }

    @Test
    void shouldRemoveWhatIsWrittenAheadWhenItsOwnFirstCheckpointIsThereOrTheVnicLeaves() throws IOException {
        Checkpoint ahead = aCheckpoint(WEB, 3);
        checkpoints.begin(WEB, 3).commitAhead(ahead.head(), ahead.written(), 0);
        write(ahead);
        assertThat(checkpoints.read(WEB))
                .hasValueSatisfying(
                        read -> assertThat(read).usingRecursiveComparison().isEqualTo(ahead));

        CheckpointFile late = checkpoints.begin(WEB, 4);
        checkpoints.leave(WEB, 4);
        late.commitAhead(aCheckpoint(WEB, 4).head(), LATER, 0);
        assertThat(checkpoints.read(WEB)).isEmpty();
    }

    @Test
    void shouldKeepWhatWasCompleteOfATornFile() throws IOException {
        Checkpoint whole = aCheckpoint(WEB, 3);
        CheckpointFile file = write(whole);
        int wholeBytes = (int) file.wholeBytes();
        file.add(new SavedTable.Part(LATER, List.of(new byte[] {7})));
        file.commit(new CheckpointHead(whole.attachment(), 8, whole.rules()), LATER, 3);
        byte[] all = Files.readAllBytes(file(WEB));

        for (int length = 0; length < wholeBytes; length++) {
            byte[] torn = Arrays.copyOf(all, length);
            assertThatThrownBy(() -> CheckpointCodec.decode(ByteBuffer.wrap(torn)))
                    .as("%d bytes", length)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        for (int index = wholeBytes; index < all.length; index++) {
            byte[] damaged = all.clone();
            damaged[index] ^= 0x10;
            for (byte[] bytes : List.of(damaged, Arrays.copyOf(all, index))) {
                ByteBuffer content = ByteBuffer.wrap(bytes);
                assertThat(CheckpointCodec.decode(content))
                        .as("byte %d", index)
                        .usingRecursiveComparison()
                        .isEqualTo(whole);
                assertThat(content.position()).isEqualTo(wholeBytes);
            }
        }
        Files.write(file(WEB), Arrays.copyOf(all, all.length - 1));
        assertThat(checkpoints.read(WEB)).isPresent();
    }

    @Test
    void shouldKeepTheCheckpointThatThereIsUntilAnotherIsWhole() throws IOException {
        Checkpoint first = aCheckpoint(WEB, 3);
        CheckpointFile before = write(first);
        CheckpointFile given = checkpoints.begin(WEB, 3);
        given.add(new SavedTable.Part(LATER, List.of(new byte[] {7})));
        before.commit(first.head(), LATER, 2);
        assertThat(checkpoints.read(WEB))
                .hasValueSatisfying(read -> assertThat(read.written()).isEqualTo(LATER));

        CheckpointFile another = checkpoints.begin(WEB, 3);
        assertThat(given.isOver()).isTrue();
        assertThat(given.commit(first.head(), LATER, 1)).isZero();
        another.add(new SavedTable.Part(LATER, List.of(new byte[] {8})));
        another.commit(first.head(), LATER, 1);

        assertThat(before.isOver()).isTrue();
        assertThat(before.add(new SavedTable.Part(LATER, List.of()))).isZero();
        assertThat(checkpoints.read(WEB))
                .hasValueSatisfying(read -> assertThat(read.table().entries()).isEqualTo(1));
    }

    @Test
    void shouldPutNothingBehindWhatSomebodyElseHasWritten() throws IOException {
        Checkpoint whole = aCheckpoint(WEB, 3);
        CheckpointFile file = write(whole);
        Files.write(file(WEB), new byte[] {1}, StandardOpenOption.APPEND);

        assertThatThrownBy(() -> file.commit(whole.head(), LATER, 2)).isInstanceOf(IOException.class);

        assertThat(file.isOver()).isTrue();
        assertThat(checkpoints.read(WEB)).isPresent();
    }

    private Path file(VnicId vnic) {
        return directory
                .resolve("checkpoints")
                .resolve(vnic.tenant() + "." + vnic.vm().name() + "." + vnic.name() + ".checkpoint");
    }

    private CheckpointFile write(Checkpoint checkpoint) throws IOException {
        return WrittenCheckpoints.write(checkpoints, checkpoint);
    }

    @Test
    void shouldFindAllThatCanBeTrusted() throws IOException {
        assertThat(checkpoints.readAll()).isEmpty();
        write(aCheckpoint(WEB, 3));
        write(aCheckpoint(DB, 4));
        Files.writeString(directory.resolve("checkpoints/acme.db-2.eth0.checkpoint"), "PCKP");
        checkpoints.notes().open(WEB, 3);

        assertThat(checkpoints.readAll()).extracting(Checkpoint::vnic).containsExactlyInAnyOrder(WEB, DB);
    }

    @Test
    void shouldReplaceAndDelete() throws IOException {
        write(aCheckpoint(WEB, 3));
        write(aCheckpoint(WEB, 4));
        assertThat(checkpoints.read(WEB))
                .hasValueSatisfying(read -> assertThat(read.epoch()).isEqualTo(4));
        try (Stream<Path> files = Files.list(directory.resolve("checkpoints"))) {
            assertThat(files).hasSize(1);
        }

        checkpoints.leave(WEB, 4);
        assertThat(checkpoints.read(WEB)).isEmpty();
        checkpoints.leave(WEB, 4);
    }

    @Test
    void shouldKeepANoteOfWhatHasLeftAndWriteNothingThatComesLate() throws IOException {
        write(aCheckpoint(WEB, 3));

        checkpoints.leave(WEB, 3);
        write(aCheckpoint(WEB, 3));

        assertThat(checkpoints.read(WEB)).isEmpty();
        assertThat(checkpoints.notes().find(WEB)).hasValue(3);
    }

    @Test
    void shouldRaiseANoteAndNeverLowerIt() throws IOException {
        checkpoints.leave(WEB, 3);
        checkpoints.leave(WEB, 5);
        checkpoints.leave(WEB, 4);

        assertThat(checkpoints.notes().find(WEB)).hasValue(5);
    }

    @Test
    void shouldForgetACheckpointAndKeepWhatWasNoted() throws IOException {
        write(aCheckpoint(WEB, 5));
        checkpoints.notes().open(WEB, 3);

        checkpoints.forget(WEB, 5);

        assertThat(checkpoints.read(WEB)).isEmpty();
        assertThat(checkpoints.notes().find(WEB)).hasValue(3);
        checkpoints.forget(DB, 5);
        assertThat(checkpoints.notes().find(DB)).isEmpty();
    }

    @Test
    void shouldListItsNotesAlsoAfterARestart() throws IOException {
        assertThat(checkpoints.notes().list()).isEmpty();
        checkpoints.leave(WEB, 3);
        checkpoints.leave(DB, 4);
        assertThat(checkpoints.notes().list()).isEqualTo(Map.of(WEB, 3L, DB, 4L));

        Checkpoints later = new Checkpoints(directory.resolve("checkpoints"));
        assertThat(later.notes().list()).isEqualTo(Map.of(WEB, 3L, DB, 4L));
        later.closeVoid(WEB, 2);
        later.closeVoid(DB, 4);
        assertThat(later.notes().list()).isEqualTo(Map.of(WEB, 3L));
        assertThat(later.notes().find(DB)).isEmpty();
    }

    @Test
    void shouldCloseNoNoteWhileACheckpointOfItsEpochIsThere() throws IOException {
        write(aCheckpoint(WEB, 3));
        checkpoints.notes().open(WEB, 3);

        checkpoints.closeVoid(WEB, 3);

        assertThat(checkpoints.read(WEB)).isEmpty();
        assertThat(checkpoints.notes().find(WEB)).isEmpty();
    }

    @Test
    void shouldKeepWhatBelongsToAHigherEpochThanTheOneThatLeft() throws IOException {
        write(aCheckpoint(WEB, 5));
        checkpoints.notes().open(WEB, 5);

        checkpoints.leave(WEB, 3);

        assertThat(checkpoints.read(WEB)).isPresent();
        assertThat(checkpoints.notes().find(WEB)).hasValue(5);
        write(aCheckpoint(WEB, 5));
    }

    @Test
    void shouldKeepTheNoteUntilACheckpointOfAHigherEpochIsThere() throws IOException {
        checkpoints.notes().open(WEB, 3);
        write(aCheckpoint(WEB, 3));
        assertThat(checkpoints.notes().find(WEB)).hasValue(3);

        write(aCheckpoint(WEB, 5));
        assertThat(checkpoints.notes().find(WEB)).isEmpty();
    }

    @Test
    void shouldKeepTheNoteOnWhatComesUntilItLeavesOrACheckpointOfAHigherEpochIsThere() throws IOException {
        checkpoints.arrivals().open(WEB, 3);
        write(aCheckpoint(WEB, 3));
        assertThat(checkpoints.arrivals().readAll().isOpen(WEB.vm(), 3)).isTrue();
        assertThat(checkpoints.arrivals().readAll().isOpen(WEB.vm(), 4)).isFalse();
        assertThat(checkpoints.notes().readAll().isOpen(WEB.vm(), 3)).isFalse();

        checkpoints.forget(WEB, 2);
        assertThat(checkpoints.arrivals().find(WEB)).hasValue(3);
        checkpoints.forget(WEB, 3);
        assertThat(checkpoints.arrivals().find(WEB)).isEmpty();

        checkpoints.arrivals().open(WEB, 5);
        write(aCheckpoint(WEB, 6));
        assertThat(checkpoints.arrivals().find(WEB)).isEmpty();
    }

    @Test
    void shouldTakeAWholeVmForHandedOverWhenOneOfItsVnicsIs() throws IOException {
        assertThat(checkpoints.notes().readAll().isOpen(WEB.vm(), 1)).isFalse();
        checkpoints.notes().open(new VnicId(WEB.vm(), "eth1"), 3);

        assertThat(checkpoints.notes().readAll().isOpen(WEB.vm(), 3)).isTrue();
        assertThat(checkpoints.notes().readAll().isOpen(WEB.vm(), 4)).isFalse();
        assertThat(checkpoints.notes().readAll().isOpen(DB.vm(), 1)).isFalse();

        Files.writeString(directory.resolve("checkpoints/of somebody else.handover"), "?");
        assertThat(checkpoints.notes().readAll().isOpen(DB.vm(), 1)).isFalse();
        Files.writeString(directory.resolve("checkpoints/acme.db-1.eth0.handover"), "?");
        assertThat(checkpoints.notes().readAll().isOpen(DB.vm(), 100)).isTrue();
    }

    @Test
    void shouldReadOneTableOfAllVnicsThatHaveTheSame() throws IOException {
        write(aCheckpoint(WEB, 3));
        write(aCheckpoint(DB, 3));

        List<Checkpoint> read = checkpoints.readAll();

        assertThat(read).hasSize(2);
        assertThat(read.getFirst().rules())
                .isSameAs(read.getLast().rules())
                .isSameAs(checkpoints.read(WEB).orElseThrow().rules());
    }

    @Test
    void shouldRefuseEveryDamagedByteAndEveryTruncationOfAWhole() throws IOException {
        write(aCheckpoint(WEB, 3));
        byte[] good = Files.readAllBytes(file(WEB));

        for (int index = 0; index < good.length; index++) {
            byte[] damaged = good.clone();
            damaged[index] ^= 0x10;
            assertThatThrownBy(() -> CheckpointCodec.decode(ByteBuffer.wrap(damaged)))
                    .as("byte %d", index)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void shouldUseNeitherADamagedFileNorThatOfAnotherVnic() throws IOException {
        write(aCheckpoint(WEB, 3));
        Path file = directory.resolve("checkpoints/acme.web-1.eth0.checkpoint");
        Files.copy(file, directory.resolve("checkpoints/acme.db-1.eth0.checkpoint"));
        assertThat(checkpoints.read(DB)).isEmpty();

        Files.writeString(file, "PCKP");
        assertThat(checkpoints.read(WEB)).isEmpty();
    }

    private static Checkpoint aCheckpoint(VnicId vnic, long epoch) {
        VnicAttachment attachment = new VnicAttachment(
                vnic,
                epoch,
                MacAddress.parse("02:00:00:00:00:11"),
                List.of(InetAddress.ofLiteral("10.0.0.1"), InetAddress.ofLiteral("fd00::1")),
                100,
                "tap:web-1/eth0",
                1_000,
                new VnicProtection(true, false, true, false, 5).withDiscovery(AddressSource.ARP, AddressSource.DHCP));
        return new Checkpoint(
                new CheckpointHead(attachment, 7, RuleTableCodec.seal(List.of(), Action.REJECT, true)),
                WRITTEN,
                new SavedTable(
                        List.of(new SavedTable.Part(WRITTEN, List.of(new byte[] {1, 2}, new byte[] {3}))),
                        2,
                        OptionalLong.empty()));
    }
}
