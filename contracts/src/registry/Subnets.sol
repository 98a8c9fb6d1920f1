// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISubnets} from "./ISubnets.sol";

/// @notice Subnets, their owners and their parameters.
abstract contract Subnets is ISubnets {
    /// @param effectiveAt Zero when there are none.
    struct Version {
        SubnetParameters parameters;
        uint40 effectiveAt;
    }

    /// @param versions The parameters in force, and in the other place those that are proposed or were in
    /// force before.
    struct Record {
        address owner;
        address pendingOwner;
        address stakeToken;
        string name;
        Version[2] versions;
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
    mapping(uint256 subnetId => Record) private subnets;

    /// @inheritdoc ISubnets
    function createSubnet(string calldata name, address stakeToken, SubnetParameters calldata parameters)
        external
        returns (uint256 subnetId)
    {
        uint256 length = bytes(name).length;
        if (length == 0 || length > MAX_NAME_LENGTH) revert InvalidSubnetName(length);
        if (stakeToken.code.length == 0) revert InvalidStakeToken(stakeToken);

        subnetId = ++subnetCount;
        Record storage subnet = subnets[subnetId];
        subnet.owner = msg.sender;
        subnet.stakeToken = stakeToken;
        subnet.name = name;
        _write(subnet.versions[0], parameters, uint40(block.timestamp));
        emit SubnetCreated(subnetId, msg.sender, stakeToken, name, parameters);
    }

    /// @inheritdoc ISubnets
    function proposeSubnetParameters(uint256 subnetId, SubnetParameters calldata parameters) external {
        Record storage subnet = _owned(subnetId);

        uint40 effectiveAt = uint40(block.timestamp) + PARAMETER_DELAY;
        _write(_other(subnet), parameters, effectiveAt);
        emit SubnetParametersProposed(subnetId, parameters, effectiveAt);
    }

    /// @inheritdoc ISubnets
    function cancelSubnetParameters(uint256 subnetId) external {
        Version storage proposal = _other(_owned(subnetId));
        if (proposal.effectiveAt <= block.timestamp) revert NoParametersPending(subnetId);

        proposal.effectiveAt = 0;
        emit SubnetParametersCancelled(subnetId);
    }

    /// @inheritdoc ISubnets
    function transferSubnet(uint256 subnetId, address newOwner) external {
        _owned(subnetId).pendingOwner = newOwner;
        emit SubnetOwnerNamed(subnetId, newOwner);
    }

    /// @inheritdoc ISubnets
    function acceptSubnet(uint256 subnetId) external {
        Record storage subnet = _subnet(subnetId);
        if (msg.sender != subnet.pendingOwner) revert NotPendingOwner(subnetId, msg.sender);

        subnet.owner = msg.sender;
        subnet.pendingOwner = address(0);
        emit SubnetOwnerChanged(subnetId, msg.sender);
    }

    /// @inheritdoc ISubnets
    function getSubnet(uint256 subnetId) external view returns (Subnet memory) {
        Record storage subnet = _subnet(subnetId);
        return Subnet({
            owner: subnet.owner,
            pendingOwner: subnet.pendingOwner,
            stakeToken: subnet.stakeToken,
            name: subnet.name,
            parameters: _parameters(subnetId)
        });
    }

    /// @inheritdoc ISubnets
    function pendingSubnetParameters(uint256 subnetId)
        external
        view
        returns (SubnetParameters memory parameters, uint40 effectiveAt)
    {
        Version storage proposal = _other(subnets[subnetId]);
        if (proposal.effectiveAt > block.timestamp) return (proposal.parameters, proposal.effectiveAt);
    }

    function _subnet(uint256 subnetId) internal view returns (Record storage subnet) {
        subnet = subnets[subnetId];
        if (subnet.owner == address(0)) revert UnknownSubnet(subnetId);
    }

    /// @dev The parameters that are in force.
    function _parameters(uint256 subnetId) internal view returns (SubnetParameters storage) {
        Record storage subnet = subnets[subnetId];
        return subnet.versions[_inForce(subnet)].parameters;
    }

    function _minimumStake(uint256 subnetId, Role role) internal view returns (uint128) {
        SubnetParameters storage parameters = _parameters(subnetId);
        if (role == Role.Gateway) return parameters.minGatewayStake;
        if (role == Role.Node) return parameters.minNodeStake;
        return parameters.minValidatorStake;
    }

    function _owned(uint256 subnetId) private view returns (Record storage subnet) {
        subnet = _subnet(subnetId);
        if (msg.sender != subnet.owner) revert NotSubnetOwner(subnetId, msg.sender);
    }

    function _other(Record storage subnet) private view returns (Version storage) {
        return subnet.versions[1 - _inForce(subnet)];
    }

    /// @dev Of the two versions, the newest whose time has come.
    function _inForce(Record storage subnet) private view returns (uint256) {
        uint40 first = subnet.versions[0].effectiveAt;
        uint40 second = subnet.versions[1].effectiveAt;
        if (second == 0 || second > block.timestamp) return 0;
        return second > first || first > block.timestamp ? 1 : 0;
    }

    function _write(Version storage version, SubnetParameters calldata parameters, uint40 effectiveAt)
        private
    {
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
        version.parameters = parameters;
        version.effectiveAt = effectiveAt;
    }
}
