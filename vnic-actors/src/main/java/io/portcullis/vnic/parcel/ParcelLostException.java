package io.portcullis.vnic.parcel;

/** A message did not arrive: its sender's node is gone or out of reach, or it was too large. */
public final class ParcelLostException extends Exception {
    private static final long serialVersionUID = 1L;

    ParcelLostException(String why) {
        super(why);
    }
}
