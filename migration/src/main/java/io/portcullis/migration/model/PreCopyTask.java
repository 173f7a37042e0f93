package io.portcullis.migration.model;

import io.portcullis.policy.VnicId;
import java.util.List;

/**
 * What the source of a migration was told to send ahead of the cut.
 *
 * @param id of the migration
 * @param vnics all of the VM
 * @param attempt counted from 1: how often all is sent
 * @param budget when it has done enough
 * @param patienceNanos without any progress, or without a question of the placement, before it is given up
 * @param awaitsTurn whether there is no cut before it is the migration's turn
 * @param turnNanos that it waits for its turn before it is given up
 * @param refreshNanos between two rounds while it waits for its turn
 */
public record PreCopyTask(
        String id,
        List<VnicId> vnics,
        int attempt,
        PreCopyBudget budget,
        long patienceNanos,
        boolean awaitsTurn,
        long turnNanos,
        long refreshNanos) {
    public PreCopyTask {
        vnics = List.copyOf(vnics);
    }
}
