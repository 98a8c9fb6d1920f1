// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBootstrapDirectory} from "./IBootstrapDirectory.sol";
import {IStakes} from "./IStakes.sol";
import {ISubnets} from "./ISubnets.sol";

/// @title The bootstrap directory of all subnets of one registry
/// @dev A subnet's entries are an array; the place of an operator in it is kept as index plus one, and an
/// entry that goes is replaced by the last one.
contract BootstrapDirectory is IBootstrapDirectory {
    struct Record {
        address operator;
        string url;
    }

    /// @inheritdoc IBootstrapDirectory
    uint256 public constant MAX_URL_BYTES = 256;

    /// @notice Whose stake decides who may announce.
    IStakes public immutable REGISTRY;

    mapping(uint256 subnetId => Record[]) private _records;
    mapping(uint256 subnetId => mapping(address operator => uint256)) private _places;

    constructor(IStakes registry) {
        REGISTRY = registry;
    }

    /// @inheritdoc IBootstrapDirectory
    function announce(uint256 subnetId, string calldata url) external {
        uint256 length = bytes(url).length;
        if (length == 0 || length > MAX_URL_BYTES) revert InvalidUrl(length);
        if (!_isActive(subnetId, msg.sender)) revert NotActive(subnetId, msg.sender);

        uint256 place = _places[subnetId][msg.sender];
        if (place == 0) {
            _records[subnetId].push(Record(msg.sender, url));
            _places[subnetId][msg.sender] = _records[subnetId].length;
        } else {
            _records[subnetId][place - 1].url = url;
        }
        emit Announced(subnetId, msg.sender, url);
    }

    /// @inheritdoc IBootstrapDirectory
    function remove(uint256 subnetId, address operator) external {
        uint256 place = _places[subnetId][operator];
        if (place == 0) revert NotAnnounced(subnetId, operator);
        if (msg.sender != operator && _isActive(subnetId, operator)) revert StillActive(subnetId, operator);

        Record[] storage records = _records[subnetId];
        Record storage last = records[records.length - 1];
        if (last.operator != operator) {
            records[place - 1] = last;
            _places[subnetId][last.operator] = place;
        }
        records.pop();
        delete _places[subnetId][operator];
        emit Removed(subnetId, operator);
    }

    /// @inheritdoc IBootstrapDirectory
    function count(uint256 subnetId) external view returns (uint256) {
        return _records[subnetId].length;
    }

    /// @inheritdoc IBootstrapDirectory
    function page(uint256 subnetId, uint256 start, uint256 limit)
        external
        view
        returns (Entry[] memory entries)
    {
        Record[] storage records = _records[subnetId];
        uint256 left = start < records.length ? records.length - start : 0;
        entries = new Entry[](left < limit ? left : limit);
        for (uint256 i = 0; i < entries.length; ++i) {
            Record storage record = records[start + i];
            entries[i] = Entry(record.operator, _stakeOf(subnetId, record.operator), record.url);
        }
    }

    function _isActive(uint256 subnetId, address operator) private view returns (bool) {
        return REGISTRY.isActive(subnetId, ISubnets.Role.Gateway, operator)
            || REGISTRY.isActive(subnetId, ISubnets.Role.Validator, operator);
    }

    function _stakeOf(uint256 subnetId, address operator) private view returns (uint256) {
        return _activeStake(subnetId, ISubnets.Role.Gateway, operator)
            + _activeStake(subnetId, ISubnets.Role.Validator, operator);
    }

    function _activeStake(uint256 subnetId, ISubnets.Role role, address operator)
        private
        view
        returns (uint256)
    {
        return REGISTRY.isActive(subnetId, role, operator)
            ? REGISTRY.getStake(subnetId, role, operator).bonded
            : 0;
    }
}
