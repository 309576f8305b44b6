"""The live board's server side: one binary stream a viewer, exports, assets, who may do what."""
