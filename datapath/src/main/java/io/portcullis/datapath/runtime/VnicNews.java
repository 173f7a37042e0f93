package io.portcullis.datapath.runtime;

import java.util.List;

/**
 * To which vNICs of a data path something has happened.
 *
 * @param mark up to which this is all; whatever happened later comes with the next question that names it
 * @param vnics as they are now, in no order
 * @param attached how many vNICs there are, whatever happened to them
 */
public record VnicNews(long mark, List<VnicStatus> vnics, int attached) {
    /** Before anything happened. */
    public static final long BEGINNING = VnicChanges.BEGINNING;
}
