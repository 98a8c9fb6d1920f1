// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IConsensus} from "./IConsensus.sol";
import {NetworkDomain} from "./NetworkDomain.sol";
import {Stakes} from "./Stakes.sol";

/// @notice The keys that validators vote with, and who has a seat.
abstract contract ConsensusKeys is Stakes, NetworkDomain, IConsensus {
    /// @param snapshotId The newest snapshot that the operator was in.
    /// @param seat Index in the list of seats, counted from 1; zero without a seat.
    struct Voter {
        address key;
        uint32 snapshotId;
        uint8 seat;
    }

    /// @inheritdoc IConsensus
    uint256 public constant MAX_VALIDATORS = 100;
    bytes32 private constant CONSENSUS_KEY_TYPEHASH =
        keccak256("ConsensusKey(uint256 subnetId,address operator)");

    mapping(uint256 subnetId => mapping(address operator => Voter)) internal voters;
    mapping(uint256 subnetId => address[]) internal seated;
    /// @inheritdoc IConsensus
    mapping(uint256 subnetId => mapping(address key => address)) public operatorOf;

    /// @inheritdoc IConsensus
    function setConsensusKey(uint256 subnetId, address key, bytes calldata signature) external {
        _subnet(subnetId);
        if (key == address(0) || key == msg.sender) revert InvalidConsensusKey(key);
        address operator = operatorOf[subnetId][key];
        if (operator != address(0) && operator != msg.sender) revert ConsensusKeyTaken(key, operator);
        if (_recover(consensusKeyDigest(subnetId, msg.sender), signature) != key) revert InvalidSignature();

        operatorOf[subnetId][key] = msg.sender;
        voters[subnetId][msg.sender].key = key;
        emit ConsensusKeySet(subnetId, msg.sender, key);
        _afterRaise(subnetId, msg.sender);
    }

    /// @inheritdoc IConsensus
    function takeSeat(uint256 subnetId, address operator) external {
        _subnet(subnetId);
        if (!_isEligible(subnetId, operator)) revert NotEligible(subnetId, operator);
        if (!_tryTakeSeat(subnetId, operator)) revert NoSeat(subnetId, operator);
    }

    /// @inheritdoc IConsensus
    function consensusKeyOf(uint256 subnetId, address operator) external view returns (address) {
        return voters[subnetId][operator].key;
    }

    /// @inheritdoc IConsensus
    function seats(uint256 subnetId) external view returns (address[] memory) {
        return seated[subnetId];
    }

    /// @inheritdoc IConsensus
    function consensusKeyDigest(uint256 subnetId, address operator) public view returns (bytes32) {
        return _networkDigest(keccak256(abi.encode(CONSENSUS_KEY_TYPEHASH, subnetId, operator)));
    }

    function _afterRaise(uint256 subnetId, address operator) internal override {
        if (_isEligible(subnetId, operator)) _tryTakeSeat(subnetId, operator);
    }

    function _afterFall(uint256 subnetId, address operator) internal override {
        uint256 seat = voters[subnetId][operator].seat;
        if (seat == 0 || _isActive(subnetId, Role.Validator, operator)) return;
        address[] storage list = seated[subnetId];
        address last = list[list.length - 1];
        list.pop();
        _leave(subnetId, operator);
        if (last != operator) _sit(subnetId, seat, last);
    }

    function _newestSnapshotOf(uint256 subnetId, address operator) internal view override returns (uint32) {
        return voters[subnetId][operator].snapshotId;
    }

    function _isEligible(uint256 subnetId, address operator) private view returns (bool) {
        return voters[subnetId][operator].key != address(0) && _isActive(subnetId, Role.Validator, operator);
    }

    /// @dev A free seat, or that of the weakest if the operator has more.
    function _tryTakeSeat(uint256 subnetId, address operator) private returns (bool) {
        if (voters[subnetId][operator].seat != 0) return true;
        address[] storage list = seated[subnetId];
        uint256 index = list.length;
        if (index < MAX_VALIDATORS) {
            list.push();
        } else {
            uint128 least;
            (index, least) = _weakest(subnetId, list);
            if (_bonded(subnetId, Role.Validator, operator) <= least) return false;
            _leave(subnetId, list[index]);
        }
        _sit(subnetId, index + 1, operator);
        emit SeatTaken(subnetId, operator);
        return true;
    }

    function _weakest(uint256 subnetId, address[] storage list)
        private
        view
        returns (uint256 index, uint128 least)
    {
        least = type(uint128).max;
        for (uint256 i = 0; i < MAX_VALIDATORS; ++i) {
            uint128 bonded = _bonded(subnetId, Role.Validator, list[i]);
            if (bonded < least) (index, least) = (i, bonded);
        }
    }

    function _sit(uint256 subnetId, uint256 seat, address operator) private {
        seated[subnetId][seat - 1] = operator;
        // At most MAX_VALIDATORS.
        // forge-lint: disable-next-line(unsafe-typecast)
        voters[subnetId][operator].seat = uint8(seat);
    }

    function _leave(uint256 subnetId, address operator) private {
        voters[subnetId][operator].seat = 0;
        emit SeatLost(subnetId, operator);
    }
}
