DROP TABLE approver_changes;
