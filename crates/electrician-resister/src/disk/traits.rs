//! The queue behind the traits of the workspace, where everything has priority 0.

use electrician_types::{Item, Receive, Refused, Submit};

use super::DiskResister;
use crate::Element;

impl<T: Send> Submit<T> for DiskResister<T> {
    async fn submit(&self, item: T) -> Result<(), Refused<T>> {
        self.push(Item::new(item), 0).await.map_err(plain)
    }

    fn try_submit(&self, item: T) -> Result<(), Refused<T>> {
        self.try_push(Item::new(item), 0).map_err(plain)
    }

    async fn submit_item(&self, item: Item<T>) -> Result<(), Refused<Item<T>>> {
        self.push(item, 0).await
    }
}

impl<T: Send> Receive<T> for DiskResister<T> {
    async fn receive(&mut self) -> Option<Item<T>> {
        self.pop().await.map(Element::into_item)
    }
}

/// The value alone: nobody waits for the receipt of what was submitted plainly.
fn plain<T>(refused: Refused<Item<T>>) -> Refused<T> {
    refused.map(Item::accept)
}
