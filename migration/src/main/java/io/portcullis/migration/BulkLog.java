package io.portcullis.migration;

import io.portcullis.migration.model.BulkMove;
import io.portcullis.migration.model.BulkOperation;
import io.portcullis.migration.model.BulkOperation.Phase;
import io.portcullis.migration.model.BulkState;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;

/** Lines of the log of a node for operations that have entered another phase. */
final class BulkLog {
    private BulkLog() {}

    static void write(Logger log, BulkState before, BulkState next) {
        Map<String, Phase> phases = new HashMap<>();
        before.operations().forEach(operation -> phases.put(operation.id(), operation.phase()));
        for (BulkOperation operation : next.operations()) {
            Phase was = phases.get(operation.id());
            if (was != null && !Objects.equals(was, operation.phase())) {
                log.info(
                        "operation {} ({} {}) is {}: {} of {} VMs moved, {} could not be",
                        operation.id(),
                        operation.kind(),
                        operation.host() == null ? "all hosts" : operation.host(),
                        operation.phase(),
                        operation.count(BulkMove.State.MOVED),
                        operation.moves().size(),
                        operation.count(BulkMove.State.FAILED));
            }
        }
    }
}
