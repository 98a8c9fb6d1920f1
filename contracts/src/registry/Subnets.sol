// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISubnets} from "./ISubnets.sol";

/// @notice Subnets, their owners and their parameters.
abstract contract Subnets is ISubnets {
    struct Proposal {
        SubnetParameters parameters;
        uint40 effectiveAt;
    }

    /// @inheritdoc ISubnets
    uint40 public constant PARAMETER_DELAY = 3 days;
    /// @inheritdoc ISubnets
    uint40 public constant MIN_UNBONDING_DELAY = 14 days;
    /// @inheritdoc ISubnets
    uint40 public constant MAX_UNBONDING_DELAY = 90 days;
    /// @inheritdoc ISubnets
    uint40 public constant MIN_EPOCH_LENGTH = 10 minutes;
    /// @inheritdoc ISubnets
    uint40 public constant MAX_EPOCH_LENGTH = 30 days;
    /// @inheritdoc ISubnets
    uint16 public constant MIN_VERIFICATION_FLOOR = 100;
    /// @inheritdoc ISubnets
    uint16 public constant MAX_VERIFICATION_FLOOR = 10_000;
    uint256 private constant MAX_NAME_LENGTH = 64;

    /// @inheritdoc ISubnets
    uint256 public subnetCount;
    mapping(uint256 subnetId => Subnet) private subnets;
    mapping(uint256 subnetId => Proposal) private proposals;

    /// @inheritdoc ISubnets
    function createSubnet(string calldata name, address stakeToken, SubnetParameters calldata parameters)
        external
        returns (uint256 subnetId)
    {
        uint256 length = bytes(name).length;
        if (length == 0 || length > MAX_NAME_LENGTH) revert InvalidSubnetName(length);
        if (stakeToken.code.length == 0) revert InvalidStakeToken(stakeToken);
        _checkParameters(parameters);

        subnetId = ++subnetCount;
        subnets[subnetId] = Subnet({
            owner: msg.sender,
            pendingOwner: address(0),
            stakeToken: stakeToken,
            name: name,
            parameters: parameters
        });
        emit SubnetCreated(subnetId, msg.sender, stakeToken, name, parameters);
    }

    /// @inheritdoc ISubnets
    function proposeSubnetParameters(uint256 subnetId, SubnetParameters calldata parameters) external {
        _checkOwner(subnetId);
        _checkParameters(parameters);

        Proposal storage proposal = proposals[subnetId];
        if (_isInForce(proposal)) subnets[subnetId].parameters = proposal.parameters;
        uint40 effectiveAt = uint40(block.timestamp) + PARAMETER_DELAY;
        proposal.parameters = parameters;
        proposal.effectiveAt = effectiveAt;
        emit SubnetParametersProposed(subnetId, parameters, effectiveAt);
    }

    /// @inheritdoc ISubnets
    function cancelSubnetParameters(uint256 subnetId) external {
        _checkOwner(subnetId);
        uint40 effectiveAt = proposals[subnetId].effectiveAt;
        if (effectiveAt <= block.timestamp) revert NoParametersPending(subnetId);

        delete proposals[subnetId];
        emit SubnetParametersCancelled(subnetId);
    }

    /// @inheritdoc ISubnets
    function transferSubnet(uint256 subnetId, address newOwner) external {
        _checkOwner(subnetId);

        subnets[subnetId].pendingOwner = newOwner;
        emit SubnetOwnerNamed(subnetId, newOwner);
    }

    /// @inheritdoc ISubnets
    function acceptSubnet(uint256 subnetId) external {
        Subnet storage subnet = _subnet(subnetId);
        if (msg.sender != subnet.pendingOwner) revert NotPendingOwner(subnetId, msg.sender);

        subnet.owner = msg.sender;
        subnet.pendingOwner = address(0);
        emit SubnetOwnerChanged(subnetId, msg.sender);
    }

    /// @inheritdoc ISubnets
    function getSubnet(uint256 subnetId) external view returns (Subnet memory subnet) {
        subnet = _subnet(subnetId);
        subnet.parameters = _parameters(subnetId);
    }

    /// @inheritdoc ISubnets
    function pendingSubnetParameters(uint256 subnetId)
        external
        view
        returns (SubnetParameters memory parameters, uint40 effectiveAt)
    {
        Proposal storage proposal = proposals[subnetId];
        if (proposal.effectiveAt > block.timestamp) return (proposal.parameters, proposal.effectiveAt);
    }

    function _subnet(uint256 subnetId) internal view returns (Subnet storage subnet) {
        subnet = subnets[subnetId];
        if (subnet.owner == address(0)) revert UnknownSubnet(subnetId);
    }

    /// @dev The parameters that are in force: the proposal's once its time has come.
    function _parameters(uint256 subnetId) internal view returns (SubnetParameters storage) {
        Proposal storage proposal = proposals[subnetId];
        return _isInForce(proposal) ? proposal.parameters : subnets[subnetId].parameters;
    }

    function _minimumStake(uint256 subnetId, Role role) internal view returns (uint128) {
        SubnetParameters storage parameters = _parameters(subnetId);
        if (role == Role.Gateway) return parameters.minGatewayStake;
        if (role == Role.Node) return parameters.minNodeStake;
        return parameters.minValidatorStake;
    }

    function _isInForce(Proposal storage proposal) private view returns (bool) {
        uint40 effectiveAt = proposal.effectiveAt;
        return effectiveAt != 0 && effectiveAt <= block.timestamp;
    }

    function _checkOwner(uint256 subnetId) private view {
        if (msg.sender != _subnet(subnetId).owner) revert NotSubnetOwner(subnetId, msg.sender);
    }

    function _checkParameters(SubnetParameters calldata parameters) private pure {
        uint40 delay = parameters.unbondingDelay;
        if (delay < MIN_UNBONDING_DELAY || delay > MAX_UNBONDING_DELAY) {
            revert UnbondingDelayOutOfRange(delay);
        }
        uint40 length = parameters.epochLength;
        if (length < MIN_EPOCH_LENGTH || length > MAX_EPOCH_LENGTH) revert EpochLengthOutOfRange(length);
        uint16 floor = parameters.verificationFloor;
        if (floor < MIN_VERIFICATION_FLOOR || floor > MAX_VERIFICATION_FLOOR) {
            revert VerificationFloorOutOfRange(floor);
        }
    }
}
