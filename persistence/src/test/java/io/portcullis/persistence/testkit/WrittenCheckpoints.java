package io.portcullis.persistence.testkit;

import io.portcullis.datapath.track.SavedTable;
import io.portcullis.persistence.Checkpoint;
import io.portcullis.persistence.CheckpointFile;
import io.portcullis.persistence.Checkpoints;
import java.io.IOException;

/** Checkpoints as a host leaves them. */
public final class WrittenCheckpoints {
    private WrittenCheckpoints() {}

    /** Writes all at once; nothing if the vNIC has left under this epoch. */
    public static CheckpointFile write(Checkpoints checkpoints, Checkpoint checkpoint) throws IOException {
        CheckpointFile file = checkpoints.begin(checkpoint.vnic(), checkpoint.epoch());
        for (SavedTable.Part part : checkpoint.table().parts()) {
            file.add(part);
        }
        file.commit(checkpoint.head(), checkpoint.written(), checkpoint.table().entries());
        return file;
    }
}
