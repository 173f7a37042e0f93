package io.portcullis.api;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far the evacuation of a host is.
 *
 * @param state {@code ACTIVE}: takes VMs; {@code DRAINING}: VMs are moving away; {@code PAUSED}: nothing new begins; {@code DRAINED}: none is left;
 *     {@code EVACUATED}: none was left, and it takes VMs again; {@code INCOMPLETE}: some could not be moved; {@code LEAVING}: none is left and the node leaves
 * @param by who asked for it, empty if nobody has
 * @param leave whether the node leaves the cluster once no VM is left
 * @param total VMs that were found on the host
 * @param moved of those, now elsewhere
 * @param moving of those, under way
 * @param waiting of those, not yet begun
 * @param failed VMs that could not be moved, and why
 * @param operation id of what empties or emptied it; null if nothing ever did
 * @param etaMillis until all will have moved, as far as those before tell
 */
public record EvacuationView(
        String host,
        String state,
        String by,
        boolean leave,
        int total,
        int moved,
        List<String> moving,
        int waiting,
        Map<String, String> failed,
        @Nullable String operation,
        @Nullable Long etaMillis) {
    /** Whether nothing more happens by itself. */
    public boolean settled() {
        return !state.equals("DRAINING");
    }
}
