// SPDX-License-Identifier: MIT
pragma solidity ^0.8.0;

/// Answers, logs and reverts in every way that the stand-in must understand.
contract Probe {
    struct Inner { address who; uint40 delay; bytes32 salt; }
    struct Entry { Inner inner; bytes signature; uint128 total; }

    error TooMuch(uint256 asked, address by);

    event Stored(address indexed by, bytes32 indexed salt, uint128 total, string note);
    event Other(address indexed by);

    uint128 public total;

    function store(Entry[] calldata entries, string calldata note) external {
        for (uint256 i = 0; i < entries.length; i++) {
            total += entries[i].total;
            emit Stored(msg.sender, entries[i].inner.salt, entries[i].total, note);
        }
        emit Other(msg.sender);
    }

    function echo(Entry[] calldata entries) external pure returns (uint256 count, Entry[] memory same, string memory text) {
        return (entries.length, entries, "echo");
    }

    function refuse(uint256 asked) external {
        require(asked != 0, "nothing asked");
        total = uint128(asked);
        revert TooMuch(asked, msg.sender);
    }
}
