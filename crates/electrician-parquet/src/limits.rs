//! How much a reader takes from strangers.

/// The bounds of a file that comes from outside. A reader that meets more, or a claim of more,
/// refuses with [`TooLarge`](crate::ParquetErrorKind::TooLarge) before it allocates for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileLimits {
    /// The most bytes of the footer, which describes the file. Default 64 MiB.
    pub footer_bytes: usize,
    /// The most bytes of one page, or of one message of Arrow IPC, decompressed. Default 256 MiB.
    pub page_bytes: usize,
    /// The most bytes of one row group, or of one batch of Arrow IPC, decompressed. Default 4 GiB.
    pub row_group_bytes: u64,
    /// The most values of one column of lists in one row group; of other columns there are as many
    /// as rows. Default 2^28.
    pub list_values: u64,
}

// === impl FileLimits ===

impl FileLimits {
    /// The defaults.
    pub const DEFAULT: Self = Self {
        footer_bytes: 64 << 20,
        page_bytes: 256 << 20,
        row_group_bytes: 4 << 30,
        list_values: 1 << 28,
    };

    /// At most `bytes` of footer.
    pub const fn with_footer_bytes(mut self, bytes: usize) -> Self {
        self.footer_bytes = bytes;
        self
    }

    /// At most `bytes` of one page.
    pub const fn with_page_bytes(mut self, bytes: usize) -> Self {
        self.page_bytes = bytes;
        self
    }

    /// At most `bytes` of one row group.
    pub const fn with_row_group_bytes(mut self, bytes: u64) -> Self {
        self.row_group_bytes = bytes;
        self
    }

    /// At most `values` of one column of lists in a row group.
    pub const fn with_list_values(mut self, values: u64) -> Self {
        self.list_values = values;
        self
    }
}

impl Default for FileLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
