package io.portcullis.admin.actors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.portcullis.api.CopyRoundView;
import io.portcullis.api.MigrationView;
import io.portcullis.api.PhaseView;
import io.portcullis.api.ReceiptView;
import io.portcullis.api.VnicReceipt;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.PhaseTime;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.migration.model.VnicTransfer;
import io.portcullis.persistence.PolicyJacksonModule;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Receipts of migrations as the API shows them. */
final class Receipts {
    private static final Logger LOG = LoggerFactory.getLogger(Receipts.class);
    private static final ObjectMapper STORED = JsonMapper.builder()
            .addModule(new PolicyJacksonModule())
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private Receipts() {}

    /** The receipt of a row of the migration log; null if there is none, or it cannot be read, which is logged. */
    static @Nullable ReceiptView read(@Nullable String json) {
        if (json == null) {
            return null;
        }
        try {
            return view(STORED.readValue(json, MigrationReceipt.class));
        } catch (JsonProcessingException foreign) {
            LOG.warn("a receipt in the migration log cannot be read: {}", foreign.getOriginalMessage());
            return null;
        }
    }

    static ReceiptView view(MigrationReceipt receipt) {
        return new ReceiptView(
                receipt.outcome().name(),
                receipt.lossless(),
                receipt.epochBefore(),
                receipt.epochAfter(),
                max(receipt, VnicTransfer::policyRevision),
                sum(receipt, VnicTransfer::entriesSent),
                sum(receipt, VnicTransfer::entriesReceived),
                sum(receipt, VnicTransfer::bytes),
                sum(receipt, VnicTransfer::restBytes),
                (int) max(receipt, vnic -> vnic.rounds().size()),
                sum(receipt, VnicTransfer::framesHeld),
                sum(receipt, VnicTransfer::framesForwarded),
                sum(receipt, VnicTransfer::framesDropped),
                max(receipt, VnicTransfer::freezeNanos),
                max(receipt, VnicTransfer::pauseNanos),
                phases(receipt.phases(), receipt.waitedSinceMillis()),
                receipt.vnics().stream().map(Receipts::view).toList(),
                List.copyOf(receipt.problems()));
    }

    /** @param waitedSinceMillis when the source began to wait for its turn to be cut, which is no phase of the placement; 0 if it did not */
    static List<PhaseView> phases(List<PhaseTime> times, long waitedSinceMillis) {
        List<PhaseView> phases = new ArrayList<>();
        for (PhaseTime time : times) {
            phases.add(phase(time.phase().name(), time.atMillis()));
            if (time.phase() == PlacementPhase.PRECOPYING && waitedSinceMillis > 0) {
                phases.add(phase(MigrationView.AWAITING_TURN, waitedSinceMillis));
            }
        }
        return List.copyOf(phases);
    }

    private static PhaseView phase(String name, long atMillis) {
        return new PhaseView(name, Instant.ofEpochMilli(atMillis).toString());
    }

    private static long sum(MigrationReceipt receipt, ToLongFunction<VnicTransfer> value) {
        return receipt.vnics().stream().mapToLong(value).sum();
    }

    private static long max(MigrationReceipt receipt, ToLongFunction<VnicTransfer> value) {
        return receipt.vnics().stream().mapToLong(value).max().orElse(0);
    }

    private static VnicReceipt view(VnicTransfer vnic) {
        return new VnicReceipt(
                vnic.vnic().toString(),
                vnic.entriesSent(),
                vnic.entriesReceived(),
                vnic.bytes(),
                vnic.restBytes(),
                Long.toHexString(vnic.digestSent()),
                Long.toHexString(vnic.digestReceived()),
                vnic.policyRevision(),
                vnic.framesHeld(),
                vnic.framesForwarded(),
                vnic.framesDropped(),
                vnic.freezeNanos(),
                vnic.pauseNanos(),
                vnic.rounds().stream()
                        .map(round -> new CopyRoundView(
                                round.entries(), round.removals(), round.bytes(), round.nanos(), round.changed()))
                        .toList());
    }
}
