// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Where a subnet's operators can be asked for everybody else
/// @notice A newcomer that knows nothing but the chain reads a page of entries, asks those with the most
/// stake first, and learns the rest of the network from them. What an entry says is its operator's word
/// alone: whoever answers there still has to prove who it is.
interface IBootstrapDirectory {
    /// @notice An operator's entry.
    /// @param operator Who announced it.
    /// @param stake What the operator has bonded as gateway and as validator of the subnet now, atomic
    /// units of the subnet's stake token; zero for one that counts no more.
    /// @param url The discovery address, 1 to MAX_URL_BYTES bytes.
    struct Entry {
        address operator;
        uint256 stake;
        string url;
    }

    /// @notice The operator can be asked at `url` from now on.
    event Announced(uint256 indexed subnetId, address indexed operator, string url);
    /// @notice The operator's entry is gone.
    event Removed(uint256 indexed subnetId, address indexed operator);

    /// @notice The operator is no active gateway and no active validator of the subnet.
    error NotActive(uint256 subnetId, address operator);
    /// @notice The operator is active: only it can take its entry out.
    error StillActive(uint256 subnetId, address operator);
    /// @notice The operator has no entry in the subnet.
    error NotAnnounced(uint256 subnetId, address operator);
    /// @notice The address has no bytes, or more than MAX_URL_BYTES.
    error InvalidUrl(uint256 length);

    /// @notice Makes or replaces the caller's entry. The caller must be an active gateway or validator.
    function announce(uint256 subnetId, string calldata url) external;

    /// @notice Takes an entry out: its operator's own at any time, anyone else's when that operator is
    /// active no more.
    function remove(uint256 subnetId, address operator) external;

    /// @notice How many entries a subnet has.
    function count(uint256 subnetId) external view returns (uint256);

    /// @notice At most `limit` entries from the one at `start` on; fewer at the end. Their order changes
    /// when entries are taken out.
    function page(uint256 subnetId, uint256 start, uint256 limit) external view returns (Entry[] memory);

    /// @notice Longest address of an entry, bytes.
    function MAX_URL_BYTES() external view returns (uint256);
}
