package io.portcullis.simulation;

import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import org.apache.pekko.dispatch.Futures;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.snapshot.japi.SnapshotStore;
import scala.concurrent.Future;

/** The snapshots of a {@link SimDatabase}. Made by Pekko. */
public final class SimSnapshots extends SnapshotStore {
    private final SimDatabase database =
            SimLoop.of(context().system().settings().config()).database();

    @Override
    public Future<Optional<SelectedSnapshot>> doLoadAsync(String entity, SnapshotSelectionCriteria wanted) {
        NavigableMap<Long, SimDatabase.Stored> its = database.snapshotsOf(entity);
        Map.Entry<Long, SimDatabase.Stored> newest = its.floorEntry(wanted.maxSequenceNr());
        return Futures.successful(Optional.ofNullable(newest)
                .map(found -> SelectedSnapshot.create(
                        SnapshotMetadata.apply(entity, found.getKey()),
                        found.getValue().read(context().system()))));
    }

    @Override
    public Future<Void> doSaveAsync(SnapshotMetadata metadata, Object snapshot) {
        database.snapshotsOf(metadata.persistenceId())
                .put(metadata.sequenceNr(), SimDatabase.Stored.of(context().system(), snapshot, ""));
        database.snapshotWritten();
        return Futures.successful(null);
    }

    @Override
    public Future<Void> doDeleteAsync(SnapshotMetadata metadata) {
        database.snapshotsOf(metadata.persistenceId()).remove(metadata.sequenceNr());
        return Futures.successful(null);
    }

    @Override
    public Future<Void> doDeleteAsync(String entity, SnapshotSelectionCriteria which) {
        database.snapshotsOf(entity).headMap(which.maxSequenceNr(), true).clear();
        return Futures.successful(null);
    }
}
