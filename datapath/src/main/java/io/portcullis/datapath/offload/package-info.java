/**
 * The seam through which a port takes over established connections: {@link FlowOffload}. The engine decides about every connection and
 * gives the port those that need no more decisions; the port lets their plain packets pass by itself, hands back every other one, and
 * gives the connection back when it is asked to. {@link PlainFlowOffload} says in plain code what a port has to do, and is
 * what others are compared with. Nothing here knows tables, rules or the runtime.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.datapath.offload;
