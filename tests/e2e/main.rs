//! The journeys: what people and their programs do with real nodes, from start to end.

mod story;
mod live;
mod plain;
mod pages;
mod people;
mod invites;
mod phrase;
mod members_change;
mod governance;
mod audience;
mod suggestions;
mod computers;
mod proof;
mod signatures;
mod copies;
mod crosswalks;
mod shelf;
mod storm;
mod files;
mod secrets;
mod crash;
mod upkeep;
mod stranger;
mod door;
mod routers;
mod demo;
